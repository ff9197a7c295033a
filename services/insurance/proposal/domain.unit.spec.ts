import { approvePayment, cancelPayment } from '../payment/domain.ts';
import { amountOf, cancelContract, conclude, giveUp, paymentFor, withdraw } from './domain.ts';

const request = { custNo: '000000002', custNm: '양건우', ppsdsnNo: '20210708033005', sprm: 80000, actNo: '1234' };
const concluded = conclude('20210704165943', 80000, request, '20210704')(1);
const proposal = concluded.state!;

describe('proposal', () => {
  test('given a paid premium, when the contract is concluded, then all of it is published, without the account', () => {
    const states = { prpsStcd: '10', prpsStnm: '청약', contStcd: '30', contStnm: '초회납입' };
    expect(proposal).toMatchObject({ id: 1, prpsNo: '20210704165943', ...states, dpsDt: '20210704', rlpmPrm: 80000 });
    expect(proposal).not.toHaveProperty('actNo');
    const { id: _, ...published } = proposal;
    expect(concluded.events).toEqual([{ type: 'ProposalSaved', data: published }]);
  });

  test.each([
    [{ payAmt: 1, sprm: 2 }, 1],
    [{ payAmt: null, sprm: 2 }, 2],
    [{ payAmt: 0, sprm: 2 }, 0],
    [{}, undefined],
  ])('given %j, when the amount is asked for, then it is %s', (fields, amount) => {
    expect(amountOf(fields)).toBe(amount);
  });

  test('given nothing to pay, when a payment is wished, then it is refused', () => {
    expect(() => paymentFor('1', 0, request)).toThrow('more than 0');
  });

  test('given a contract, when it is withdrawn, then that is published once, and the contract ends when its payment does', () => {
    const { state, events } = withdraw(proposal)!;
    expect(events).toMatchObject([
      { type: 'ProposalWithdrawn', data: { prpsNo: proposal.prpsNo, prpsStcd: '90', prpsStnm: '청약철회' } },
    ]);
    expect(state).toMatchObject({ prpsStcd: '90', contStcd: '30' });
    expect(withdraw(state!)).toBeUndefined();
    const ended = { prpsStcd: '90', prpsStnm: '청약철회', contStcd: '40', contStnm: '결재취소' };
    expect(cancelContract(state!)).toMatchObject({ state: ended, events: [] });
    expect(withdraw(cancelContract(proposal).state!)?.state).toMatchObject(ended);
  });

  test('given a proposal that came to nothing, when it is given up, then payment hears of it', () => {
    expect(giveUp('20210704165943', request)).toMatchObject({
      state: null,
      events: [{ type: 'ProposalWithdrawn', data: { prpsNo: '20210704165943', custNo: '000000002' } }],
    });
  });
});

describe('payment', () => {
  const approved = approvePayment(paymentFor('20210704165943', 80000, request), '20210704165944')(7);

  test('given a request, when it is paid, then codes and times are set, and it is published as approved', () => {
    const codes = { actStcd: '00', answCd: '0000', staVrfcDtm: '20210704165944', payDtm: '20210704165944' };
    expect(approved.state).toMatchObject({ ...codes, status: '결재완료', payAmt: 80000, actNo: '1234', fininCd: null });
    expect(approved.events).toMatchObject([
      { type: 'PayApproved', data: { status: '결재승인', prpsNo: '20210704165943' } },
    ]);
    expect(approved.events[0]?.data).not.toHaveProperty('actDcd');
  });

  test('given a payment, when it is cancelled twice, then it is published once', () => {
    const { state, events } = cancelPayment(approved.state!)!;
    const publishedEvents = {
      prpsNo: '20210704165943',
      custNo: '000000002',
      custNm: '양건우',
      payAmt: 80000,
      status: '결재취소',
    };
    expect(events).toEqual([{ type: 'PayCanceled', data: publishedEvents }]);
    expect(cancelPayment(state!)).toBeUndefined();
  });
});
