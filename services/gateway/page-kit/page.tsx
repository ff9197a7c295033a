import { type Signal, signal } from '@preact/signals';
import { type ComponentType, render } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { isTokenWanted, token } from './http.ts';
import { choose, type Language, language } from './i18n.ts';
import { comeBack, isFailed, isOffered, lookForSignIn, me, signIn, signOut } from './sign-in.ts';
import { say } from './texts.ts';

/** One of the sections of a page. */
export interface Section {
  /** In the address, behind #. */
  readonly path: string;
  readonly title: () => string;
  readonly view: ComponentType;
  /** Whose it is, where people sign in; everybody's where nothing is said. */
  readonly role?: string;
}

/** Who the person says they are, or who is signed in. */
export interface Person {
  readonly label: () => string;
  readonly person: Signal<string>;
}

const place = signal(location.hash.slice(2));

/** The section to go to next. */
export const goTo = (path: string): void => {
  location.hash = `#/${path}`;
};

/** Shows a page: its name, who is before it, its sections. */
export async function startPage(title: () => string, sections: readonly Section[], person?: Person): Promise<void> {
  if (location.search || token.peek()) await comeBack();
  place.value = location.hash.slice(2);
  if (person && me.value) person.person.value = me.value.person;
  addEventListener('hashchange', () => {
    place.value = location.hash.slice(2);
  });
  const root = document.getElementById('page');
  if (root) render(<Frame title={title} sections={sections} person={person} />, root);
}

function Frame({
  title,
  sections,
  person,
}: {
  title: () => string;
  sections: readonly Section[];
  person: Person | undefined;
}) {
  const allowed = sections.filter(
    ({ role }) => !role || !me.value || me.value.roles.some((one) => one === role || one === 'operator'),
  );
  const section = allowed.find(({ path }) => path === place.value) ?? allowed[0];
  const name = title();
  const heading = section?.title() ?? '';
  useEffect(() => {
    document.title = `${heading} · ${name}`;
  }, [heading, name]);
  return (
    <>
      <header>
        <div class="bar">
          <p class="title">{name}</p>
          {me.value ? <SignedIn /> : person && <Who {...person} />}
          <Languages />
        </div>
        <nav class="bar" aria-label={say().sections}>
          {allowed.map(({ path, title: label }) => (
            <a key={path} href={`#/${path}`} aria-current={path === section?.path ? 'page' : undefined}>
              {label()}
            </a>
          ))}
        </nav>
      </header>
      <main>
        {isTokenWanted.value && <Entrance />}
        <h1>{heading}</h1>
        {section && <section.view key={section.path} />}
      </main>
    </>
  );
}

function Who({ label, person }: Person) {
  const id = useId();
  return (
    <div class="who">
      <label for={id}>{label()}</label>
      <input
        id={id}
        value={person.value}
        autocomplete="off"
        onChange={({ currentTarget }) => {
          person.value = currentTarget.value.trim();
        }}
      />
    </div>
  );
}

const LANGUAGES: readonly (readonly [Language, string])[] = [
  ['ko', '한국어'],
  ['en', 'English'],
];

function Languages() {
  return (
    <fieldset class="languages" aria-label={say().language}>
      {LANGUAGES.map(([code, name]) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={language.value === code}
          onClick={() => choose(code)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

function SignedIn() {
  return (
    <div class="who">
      <span>
        {me.value?.person} ({me.value?.roles.join(', ')})
      </span>
      <button type="button" onClick={() => void signOut()}>
        {say().signOut}
      </button>
    </div>
  );
}

/** The entrance asks for a token: the person signs in, or has one. */
function Entrance() {
  useEffect(() => void lookForSignIn(), []);
  if (!isOffered.value) return <Token />;
  return (
    <div class="card">
      <p role="status">{isFailed.value ? say().signInFailed : say().signInWanted}</p>
      <p class="buttons">
        <button type="button" class="main" onClick={() => void signIn()}>
          {say().signIn}
        </button>
      </p>
    </div>
  );
}

function Token() {
  const id = useId();
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        token.value = String(new FormData(event.currentTarget).get('token') ?? '').trim();
      }}
    >
      <p>{say().tokenWanted}</p>
      <div class="field">
        <label for={id}>{say().token}</label>
        <input id={id} name="token" type="password" autocomplete="off" />
      </div>
      <p class="buttons">
        <button type="submit" class="main">
          {say().use}
        </button>
      </p>
    </form>
  );
}
