import type { exports as es } from '../es/exports.ts'

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`

export const exports: typeof es = {
  exports: {
    open: 'Export for a court or for the person…',
    title: 'Export the case',
    intro:
      'A ZIP file is made on this device: a document to read and print, and the signed events, which anybody can verify without Enlace.',
    recorded:
      'Who exported, for whom and when is noted: in the activity log of your server, and in the case, where the other institutions see it.',
    purpose: 'For whom is it?',
    recipient: 'Recipient',
    recipientHint: 'For example: the court and the number of its letter. People of the channel see it.',
    withhold: 'Withhold',
    withholdHint:
      'What is withheld is not in the file. The file says what was withheld; encrypted messages stay listed, without their text.',
    withholdNames: {
      notes: 'Notes that staff wrote',
      documents: 'Attached documents',
      others: 'What the form says of the family and of other people',
    },
    othersHint: 'Notes and documents may name other people too: withhold them as well.',
    samePerson: 'Other cases that seem to be about the same person',
    samePersonHint: 'By the forms that this device has opened. Mark those that go into the same file.',
    submit: 'Export',
    working: 'Making the file…',
    stages: {
      events: (done, _total) => `Events: ${done}`,
      files: (done, total) => `Attachments: ${done} of ${total}`,
      proofs: (_done, _total) => 'Signatures, keys and the lists of institutions',
      record: (_done, _total) => 'Noting the export in the case',
    },
    stop: 'Cancel the export',
    done: 'The file is ready',
    save: 'Save the file',
    signedByInstitution: 'Your institution, with its key, and your server sign it.',
    signedByServer:
      'Your server signs it. The institution’s key is not on this device; with it (“My institution”) the institution would sign too.',
    unreadable: (count) =>
      `${counted(count, 'message', 'messages')} that this device could not open: they go encrypted.`,
    lost: (count) => `${counted(count, 'attachment', 'attachments')} that no server has any more.`,
    verify: 'To verify it without a network: npm run enlace -- exports verify FILE.zip',
    tooMuch:
      'The file would be too large for this device. Withhold the attached documents, or export fewer cases.',
    stopped: 'The export was cancelled. The activity log says that it was begun.',
    history: 'Exports',
    line: (purpose, recipient) => (recipient === '' ? purpose : `${purpose}: ${recipient}`),
    lineWithheld: (what) => `Withheld: ${what}`,
    lineSigned: { institution: 'Signed by the institution', server: 'Signed by the server' },
    own: {
      title: 'My data',
      hint: 'Everything that your server keeps about your account, and the messages of yours that this device has open, in one file. It is for you alone.',
      open: 'Export my data',
      confirm: 'Export my data',
    },
    erasure: {
      title: 'About the right to have data erased',
      points: [
        'You can ask the coordination of your institution to correct or erase what is kept about you.',
        'Cases are deleted by themselves when their period is over, on every server, with a signed receipt. The page “Retention and deletion” says when.',
        'A legal hold by two institutions stops that deletion while it lasts.',
        'What was handed over in a file already, nobody can erase from here.',
      ],
    },
    document: {
      title: 'Exported case file',
      made: (when, by, institution) =>
        `Exported on ${when} by ${by}${institution === '' ? '' : `, of ${institution}`}.`,
      purpose: (purpose, recipient) => `For: ${purpose}${recipient === '' ? '' : `, ${recipient}`}.`,
      number: (id) => `Export number: ${id}.`,
      times: 'Times are those of Honduras and Guatemala, which are the same (UTC−6).',
      withheld: (what) =>
        `Withheld: ${what}. The encrypted messages concerned are listed, without their text.`,
      nothingWithheld: 'Nothing was withheld of what the exporter can see.',
      unreadable: (count) =>
        `${counted(count, 'message', 'messages')} that the device could not open: they are here encrypted.`,
      lost: (count) => `${counted(count, 'attachment', 'attachments')} that no server had any more.`,
      provenTitle: 'What this package proves',
      proven: [
        'Who sent each event, when by their server, and in which case: each has the signature of that server and its own hash.',
        'To which institution each person belonged, by the list that the institution signed.',
        'That nothing was added, taken out or changed since it was exported, and who exported it.',
        'Texts are stated by whoever exports: the encrypted message is proven, but that it says this text cannot be verified without its key, which is not handed over because it would open other messages. Another institution of the channel can read the same event on its own device.',
        'It is verified without a network by Enlace’s program: npm run enlace -- exports verify FILE.zip',
      ],
      measures: 'Measures',
      after: (minutes) =>
        minutes < 120
          ? `after ${counted(minutes, 'minute', 'minutes')}`
          : `after ${counted(Math.round(minutes / 60), 'hour', 'hours')}`,
      receipts: 'Receipts',
      receipt: (onDevice, read) =>
        `on the device of ${counted(onDevice, 'person', 'people')}, read by ${read}`,
      noReceipts: 'This server keeps no receipts of these events.',
    },
    ownDocument: {
      title: 'My data in Enlace',
      made: (when, user) => `Exported on ${when} by ${user}, for themselves.`,
      account: (count) =>
        `account.jsonl: ${counted(count, 'entry', 'entries')} of your server about the account: profile, sessions, place, channels, notices and activity.`,
      messages: (count) =>
        `messages.json: ${counted(count, 'message', 'messages')} of yours that this device has open.`,
      limitsTitle: 'What is not here',
      limits: [
        'Older messages that this device has not loaded: they are encrypted on the server, which cannot read them.',
        'Passwords, codes and keys.',
        'What colleagues keep on their own devices.',
      ],
    },
  },
}
