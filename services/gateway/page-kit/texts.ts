import { language, textsOf } from './i18n.ts';

/** What every page says. Literals of the contracts are not among it: they stand as they come. */
export const say = textsOf({
  en: {
    processing: 'being processed',
    loading: 'Loading …',
    sending: 'On its way …',
    done: 'Done.',
    away: 'The service cannot be reached at the moment. It is asked again by itself, and nothing is done twice.',
    again: (seconds: number) => `Next try in ${seconds} s`,
    now: 'Try now',
    stop: 'Stop trying',
    stopped: 'Given up. Nothing was changed.',
    unknown: 'Given up. It is not known whether it was done; sent once more as it is, it is not done twice.',
    stale: 'This cannot be read at the moment; what is shown may be old.',
    unreadable: 'This cannot be read at the moment. It is tried again by itself.',
    refused: 'That does not work',
    fields: 'Please look at the marked fields.',
    token: 'Access token',
    tokenWanted: 'This entrance asks for a token.',
    use: 'Use',
    signIn: 'Sign in',
    signOut: 'Sign out',
    signInWanted: 'Please sign in.',
    signInFailed: 'Signing in did not work; please try again.',
    language: 'Language',
    close: 'Close',
    newest: (rows: number) => `Only the newest ${rows} are looked through.`,
    sections: 'Sections',
  },
  ko: {
    processing: '처리 중',
    loading: '불러오는 중 …',
    sending: '보내는 중 …',
    done: '완료되었습니다.',
    away: '지금은 서비스에 연결할 수 없습니다. 자동으로 다시 시도하며, 두 번 처리되지 않습니다.',
    again: (seconds: number) => `${seconds}초 후 다시 시도`,
    now: '지금 시도',
    stop: '그만두기',
    stopped: '중단했습니다. 아무것도 바뀌지 않았습니다.',
    unknown: '중단했습니다. 처리 여부를 알 수 없습니다. 같은 내용으로 다시 보내도 두 번 처리되지 않습니다.',
    stale: '지금은 새로 읽을 수 없어 이전 내용일 수 있습니다.',
    unreadable: '지금은 읽을 수 없습니다. 자동으로 다시 시도합니다.',
    refused: '처리할 수 없습니다',
    fields: '표시된 항목을 확인해 주세요.',
    token: '접근 토큰',
    tokenWanted: '이 입구는 토큰이 필요합니다.',
    use: '사용',
    signIn: '로그인',
    signOut: '로그아웃',
    signInWanted: '로그인해 주세요.',
    signInFailed: '로그인하지 못했습니다. 다시 시도해 주세요.',
    language: '언어',
    close: '닫기',
    newest: (rows: number) => `최근 ${rows}건 안에서 찾습니다.`,
    sections: '메뉴',
  },
});

/** What services say of a field, in Korean; what is not among it is shown as it came. */
const KOREAN: readonly (readonly [RegExp, string])[] = [
  [/^is missing$/, '필수 항목입니다'],
  [/^must not be empty$/, '비워 둘 수 없습니다'],
  [/^must be a whole number.*/, '정수여야 합니다'],
  [/^must be an amount.*/, '금액을 숫자로 입력해 주세요'],
  [/^must be a text$/, '텍스트여야 합니다'],
  [/^must be ([\d,]+) or more$/, '$1 이상이어야 합니다'],
  [/^must be at most ([\d,]+) characters$/, '$1자까지 입력할 수 있습니다'],
  [/^must be at most (\d+)$/, '$1 이하여야 합니다'],
  [/^must be a day as yyyyMMdd$/, 'yyyyMMdd 형식의 날짜여야 합니다'],
  [/^must be P and 8 digits$/, 'P와 숫자 8자리여야 합니다'],
  [/^must be 9 digits$/, '숫자 9자리여야 합니다'],
];

export const messageOf = (message: string): string => {
  const [pattern, korean] = KOREAN.find(([known]) => known.test(message)) ?? [];
  return language.value === 'ko' && pattern && korean ? message.replace(pattern, korean) : message;
};
