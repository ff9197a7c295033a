import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';

/** What an event says about the customer it concerns. */
export interface Concerned {
  readonly custNo?: string | null | undefined;
  readonly custNm: string | null;
  readonly phoneNo?: string | null | undefined;
  readonly ppsdsnNo?: string | null | undefined;
  readonly prdcd?: string | null | undefined;
}

/** A message to a customer. */
export interface Message extends Identified {
  readonly custNo: string | null;
  readonly custNm: string | null;
  readonly phoneNo: string | null;
  readonly message: string;
  readonly sendDtm: string;
  /** Id of the event it reports: one message for each. */
  readonly event: string;
  /** False until it went out; absent in messages of earlier versions, which went out before they were kept. */
  readonly sent?: boolean;
}
export const Message = aggregate<Message>('Msg', { keyedBy: 'event', listBy: ['custNo', 'custNm'] });

/** The text of a message. That of an issued description has the details: docs/contracts/insurance.md#scenario-9 */
export const textOf = (prefix: string, eventType: string, { ppsdsnNo, prdcd }: Concerned): string => {
  const progress = `${prefix} 고객 업무 진행사항 : ${eventType}`.trim();
  return eventType === 'PrductDesdCreated'
    ? `${progress}, 가입설계번호 ${ppsdsnNo ?? ''}, 상품코드 ${prdcd ?? ''}`
    : progress;
};

/** @param now yyyyMMddHHmmss */
export const record =
  (event: string, message: string, { custNo = null, custNm, phoneNo = null }: Concerned, now: string) =>
  (id: number): Decision<Message> => {
    const sendDtm = now.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1.$2.$3 $4:$5:$6');
    return decided({ id, custNo, custNm, phoneNo, message, sendDtm, event, sent: false });
  };

export const isSent = ({ sent }: Message): boolean => sent !== false;
export const markSent = (message: Message): Decision<Message> => decided({ ...message, sent: true });

/** A message as clients see it. */
export const shownOf = ({ event: _, sent: __, ...shown }: Message): Omit<Message, 'event' | 'sent'> => shown;
