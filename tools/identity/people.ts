/** Somebody who can sign in. */
export interface Person {
  /** As the records of the system name them. */
  readonly id: string;
  readonly name: string;
  readonly role: string;
}

const operator: Person = { id: 'operator', name: 'An operator', role: 'operator' };

/** The people of each system: made up, and nobody's secrets. */
export const PEOPLE: Readonly<Record<string, readonly Person[]>> = {
  academy: [
    { id: '12334', name: 'Student 12334', role: 'student' },
    { id: '12335', name: 'Student 12335', role: 'student' },
    { id: 'instructor', name: 'An instructor', role: 'instructor' },
    operator,
  ],
  insurance: [
    { id: '123456789', name: '양건우', role: 'customer' },
    { id: '987654321', name: '김하늘', role: 'customer' },
    { id: 'agent', name: 'An agent', role: 'agent' },
    operator,
  ],
  lecture: [
    { id: 'hong-gil-sun', name: 'hong-gil-sun', role: 'student' },
    { id: 'kim-chul-su', name: 'kim-chul-su', role: 'student' },
    { id: 'teacher', name: 'A teacher', role: 'teacher' },
    operator,
  ],
  rental: [{ id: 'customer', name: 'A customer', role: 'customer' }, operator],
  reward: [{ id: '11', name: 'Player 11', role: 'player' }, { id: '12', name: 'Player 12', role: 'player' }, operator],
};

const BETWEEN = ':';

/** Of whom a session is: the same id may be somebody else in another system. */
export const accountOf = (system: string, { id }: Person): string => system + BETWEEN + id;

/** The person of an account, if he is of this system. */
export function personOf(account: string | undefined, system: string): Person | undefined {
  return PEOPLE[system]?.find((person) => accountOf(system, person) === account);
}
