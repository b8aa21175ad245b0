import type { search as spanish } from '../es/search.ts'

export const search: typeof spanish = {
  search: {
    title: 'Search',
    placeholder: 'Search messages, files, people, cases…',
    field: 'Search messages, files, people, cases and the directory',
    clear: 'Clear what is typed',
    shortcut: 'Ctrl + K opens search from any page; the arrow keys go through the results.',
    onlyHere: (count) =>
      `On this device: ${count === 1 ? '1 text' : `${count.toLocaleString('en-GB')} texts`}. What you look for does not leave it.`,
    preparing: 'Getting search ready…',
    none: 'No results',
    noneHint:
      'Check the spelling, take filters off or search further back: only what this device has read is here.',
    start: 'Type a name, a number or a place',
    startHint:
      'An identity number or a telephone is found however it was written, with or without hyphens. Accents do not matter.',
    found: (count) => (count === 1 ? '1 result' : `${count.toLocaleString('en-GB')} results`),
    groupsLabel: 'What to search',
    all: 'All',
    groups: {
      messages: 'Messages',
      files: 'Files',
      people: 'People',
      cases: 'Cases',
      directory: 'Directory',
    },
    seeAll: (count, group) => `See all ${count} · ${group}`,
    more: 'See more',
    filters: {
      label: 'Filters',
      who: 'Who',
      channel: 'Channel',
      date: 'Date',
      documents: 'With a document',
      clear: 'Take filters off',
      remove: (what) => `Take the filter off: ${what}`,
      findPerson: 'Type a name',
      nobody: 'Nobody of that name in your channels.',
      from: 'From',
      to: 'To',
      between: (from, to) => `${from || '…'} to ${to || '…'}`,
      spans: { today: 'Today', week: 'Last 7 days', month: 'Last 30 days', year: 'This year' },
    },
    inCase: 'In a case',
    theirMessages: (name) => `Messages from ${name}`,
    recent: 'Recent searches',
    forgetRecent: 'Clear recent searches',
    saved: 'Saved searches',
    save: 'Save this search',
    unsave: 'Remove from saved searches',
    forgetSaved: (what) => `Remove from saved searches: ${what}`,
    anything: 'Any text',
    back: {
      button: 'Search further back',
      hint: 'Fetches earlier messages of your channels, to search them here. It uses data; you can stop it.',
      running: (looked) =>
        looked === 0
          ? 'Searching further back…'
          : looked === 1
            ? 'Searching further back: 1 message seen.'
            : `Searching further back:${looked.toLocaleString('en-GB')} messages seen.`,
      stop: 'Stop',
      since: (when) => `Searched back to ${when}.`,
      done: 'Searched back to the beginning of the channels.',
      full: (most) =>
        `This device keeps up to ${most.toLocaleString('en-GB')} texts and has them: what is older is not searched here.`,
      closed: (count) =>
        count === 1
          ? '1 message could not be opened on this device.'
          : `${count.toLocaleString('en-GB')} messages could not be opened on this device.`,
      failed: 'The connection was cut. What was found stays; try again.',
    },
    notFound: 'That message could not be opened. Check your connection and try again.',
  },
}
