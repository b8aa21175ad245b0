import type { media as es } from '../es/media.ts'

export const media: typeof es = {
  media: {
    voice: {
      record: 'Record a voice note. Tap, or hold and let go to send.',
      asking: 'The browser is asking whether the microphone may be used.',
      recording: 'Recording',
      limit: (minutes: number) => (minutes === 1 ? 'Up to 1 minute' : `Up to ${minutes} minutes`),
      full: (minutes: number) => `It is as long as one may be (${minutes} min). You can hear it and send it.`,
      release: 'Let go to send. Slide to the delete button to cancel.',
      cancel: 'Delete the recording',
      stop: 'Finish and listen',
      send: 'Send the voice note',
      unsent: 'Voice note not sent. It stays on this device until you send or delete it.',
      unkept: 'This device has no room: the recording is lost if you close the page.',
      fileName: (at: string, ending: string) => `voice note ${at}.${ending}`,
      problem: {
        refused:
          'The browser does not allow the microphone. Tap the padlock or icon beside the address of this page, allow the microphone and try again. On a phone it may also be in Settings › Apps › your browser › Permissions.',
        none: 'No microphone is connected to this device. Connect a headset with a microphone and try again.',
        busy: 'Another application is using the microphone. End the call or close that application and try again.',
        unsupported: 'This browser does not record sound. Update it, or write the message.',
      },
    },
    player: {
      voice: 'Voice note',
      audio: 'Sound',
      play: 'Listen',
      pause: 'Pause',
      position: 'Point of the recording',
      at: (now: string, whole: string) => `${now} of ${whole}`,
      rate: (rate: string) => `Speed ${rate}`,
      failed: 'It could not be played. Tap to try again.',
      loading: 'Fetching the sound…',
      now: (name: string) => `Playing: ${name}`,
      stop: 'Stop listening',
      save: 'Save the sound',
    },
    sheet: {
      title: (count: number) => (count === 1 ? 'Send 1 file' : `Send ${count} files`),
      nothingSent: 'Nothing has left this device. It goes when you tap Send.',
      tools: 'What to do with this file',
      turn: 'Rotate',
      cover: 'Cover faces',
      coverHint:
        'Mark each face with a finger, or whatever must not be seen. It is erased from the photo before it is sent and cannot be brought back.',
      undo: 'Undo the last step',
      straighten: 'Straighten page',
      cornersHint: 'Move each point to a corner of the page.',
      cornersCrossed: 'The points cross: place them around the page.',
      flatten: 'Straighten and brighten',
      corner: ['Top left corner', 'Top right corner', 'Bottom right corner', 'Bottom left corner'],
      asPdf: (count: number) => (count === 1 ? 'Send as a PDF' : `Send the ${count} photos in one PDF`),
      pdfName: (at: string) => `document ${at}.pdf`,
      preparing: 'Preparing…',
      findFaces: 'Find faces',
      facesFound: (count: number) =>
        count === 1
          ? '1 face was covered. Check that none is missing.'
          : `${count} faces were covered. Check that none is missing.`,
      noFaceFinder: 'This browser does not find faces: mark them with a finger.',
      earlier: 'Move earlier',
      later: 'Move later',
      remove: 'Leave out',
      order: 'Files, in the order they are sent',
      file: (number: number, name: string) => `File ${number}: ${name}`,
      original: 'Send the original as a file, with every detail and what the camera noted (place, date)',
      caption: 'Text that goes along (optional)',
      send: (count: number) => (count === 1 ? 'Send' : `Send all ${count}`),
      empty: 'There is nothing left to send.',
      drawing: 'Preparing the view…',
      tooMany: (most: number) =>
        most === 1 ? '1 file goes at once.' : `${most} files go at once. Send the rest afterwards.`,
      dropHere: 'Drop the files here',
      dropHint: 'You can look at them before sending.',
    },
    download: {
      fetch: (size: string) => (size === '' ? 'Tap to fetch the photo' : `Tap to fetch the photo · ${size}`),
      title: 'Photos that are fetched by themselves',
      hint: 'On mobile data each large photo costs. The others are fetched when you tap them.',
      rule: {
        wifi: 'All on Wi-Fi; otherwise only small ones',
        always: 'Always',
        never: 'Never: only when tapped',
      },
    },
    video: {
      open: (name: string, facts: string) => `Watch video: ${name}, ${facts}`,
      fetching: 'Fetching the video…',
      cannot: 'This browser does not show this video. You can save it.',
    },
  },
}
