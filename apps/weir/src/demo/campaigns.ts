/** Campaigns in the corpus: folder and numbers of mails that have the same text under different senders and subjects. */
export interface Campaign {
  name: string;
  folder: string;
  mails: readonly string[];
}

export const campaigns: readonly Campaign[] = [
  {
    name: 'mortgage',
    folder: 'spam-2',
    mails: ['00366', '00418', '00426', '00454', '00485', '00552', '00591', '00625'],
  },
  {
    name: 'call me',
    folder: 'spam-2',
    mails: ['00339', '00340', '00341', '00342', '00343', '00344', '00355'],
  },
  {
    name: 'stock tip',
    folder: 'spam-1',
    mails: ['00167', '00189', '00233', '00331', '00455'],
  },
];

/** What ordinary people wrote to each other. */
export const ordinaryMail = { folder: 'easy-ham-1', mails: 160 } as const;
