import { age, count, dayAndTime, duration, exactTime, moment, time } from './format.ts'

/**
 * Every text of the page. State, who, where, when, in that order; no exclamation, no apology. Stop, never cancel;
 * suspected is not failed; sent is not paused.
 */
export const texts = {
  name: 'Layerwatch',
  back: 'Back',
  close: 'Close',
  loading: 'Reading',
  tryAgain: 'Try again',
  copy: { do: 'Copy', done: 'Copied' },
  main: 'Main',
  live: 'Live',
  reconnecting: 'Reconnecting',
  notLive: 'No connection',
  tabs: { printers: 'Printers', history: 'History', alerts: 'Alerts', you: 'You' },

  connecting: (heardAtMs: number | undefined, nowMs: number) =>
    heardAtMs === undefined ? 'Connecting' : `Connecting. ${lastKnown(heardAtMs, nowMs)}`,
  offline: (heardAtMs: number | undefined, nowMs: number) =>
    heardAtMs === undefined ? 'No connection.' : `No connection. ${lastKnown(heardAtMs, nowMs)}`,
  offlineCalm: 'Watching does not need this phone.',

  home: {
    empty: 'Nothing is watched yet',
    emptyWhy: 'Connect the Raspberry Pi that looks at your printer. It takes a minute.',
    addDevice: 'Add a device',
    look: 'See what happened',
    lookShort: 'Look',
    pause: (printer: string) => `Pause ${printer}`,
    noPicture: 'No picture yet',
  },

  printer: {
    boxes: 'Boxes',
    heat: 'Heat',
    layer: 'layer',
    layerCount: 'layers',
    left: (seconds: number, nowMs: number) => `left, done ${doneAt(seconds, nowMs)}`,
    quietSince: (layer: number | undefined) =>
      layer === undefined ? 'Nothing suspected so far.' : `Nothing suspected since layer ${count(layer)}.`,
    lastChecked: (at: string, layer: number) => `Last checked ${exactTime(at)}, layer ${count(layer)}.`,
    lastKnown: 'Last known:',
    leftShort: (seconds: number) => `${duration(seconds)} left`,
    liveAge: (ms: number) => `Live, ${age(ms)} old`,
    oldAge: (atMs: number, nowMs: number) => `${moment(atMs, nowMs)}, ${age(nowMs - atMs)} old`,
    waiting: 'Waiting for the camera',
    noPicture: 'No picture',
    noLive: 'The live picture needs a connection to the device.',
    enlarge: 'Show the whole picture',
    seeIncident: 'See what happened',
    lookCloser: 'Look closer',
    strip: 'Layer strip',
    backToLive: 'Back to live',
    layerUp: 'One layer up',
    layerDown: 'One layer down',
    problemUp: 'Next problem above',
    problemDown: 'Next problem below',
    layerTitle: (layer: number) => `Layer ${count(layer)}`,
    lastLayers: 'Last layers',
    noLayers: 'No layer judged yet',
    notKept: 'This layer’s picture stays on the device',
    seenHere: 'What was seen, and where',
    nothingSeen: 'Nothing was seen in it',
    frames: (frames: number) => (frames === 1 ? '1 picture judged' : `${count(frames)} pictures judged`),
    noFrames: 'no picture judged',
    reasons: 'Reasons',
    cameras: 'Cameras',
    everySeconds: (seconds: string) => `a picture every ${seconds}`,
    seesNothing: 'sees nothing',
    noInterval: 'one picture so far',
    learned: 'Learned from you',
    takeBack: 'Take the newest back',
    takenBack: 'Asked: it holds from the next print on',
    gone: 'This printer is not here',
    goneWhy: 'It was removed, or it is not shared with you.',
  },

  dock: {
    pause: 'Pause',
    pauseHow: 'at once',
    stop: 'Stop',
    resume: 'Resume',
    hold: 'hold 1 s',
    keepHolding: 'Keep holding',
    stopsIn: (seconds: number) => `stops in ${seconds.toFixed(1)} s`,
    resumesIn: (seconds: number) => `resumes in ${seconds.toFixed(1)} s`,
    holdHow: 'Hold for one second, or press and then confirm',
    confirmStop: 'Yes, stop this print',
    confirmResume: 'Yes, resume this print',
    confirmSay: (what: string) => `Confirm within 5 seconds: ${what}`,
    sent: { pause: 'Pause sent', resume: 'Resume sent', cancel: 'Stop sent', snapshot: 'Picture asked for' },
    waiting: (seconds: number) => `waiting for the printer, ${seconds} s`,
    done: {
      pause: 'Paused, printer confirmed',
      resume: 'Printing again, printer confirmed',
      cancel: 'Stopped, printer confirmed',
      snapshot: 'New picture',
    },
    again: { pause: 'Pause again', resume: 'Resume again', cancel: 'Stop again', snapshot: 'Ask again' },
    stillMoving: 'Still moving: stop it or cut the power',
    notConfirmedHow: 'not confirmed: try again or cut the power',
    notConfirmed: (atMs: number) => `not confirmed at ${exactTime(atMs)}`,
    cutPower: 'If it keeps printing, cut the power',
    cutPowerRest: ' at the socket. Do not rely on the app alone.',
    resumeFailedRest: 'Look at the printer itself: its screen says what it waits for.',
    pictureTooOld: 'picture too old',
    noPicture: 'no picture',
    needsPicture: 'Resume needs a picture under 30 s old.',
    pictureAge: (ms: number) => ` This one is ${age(ms)} old.`,
    needsLivePicture: ' Go back to the live picture.',
    noPictureRest: ' There is none yet.',
    newPicture: 'New picture',
    askingPicture: (seconds: number) => `Asked, ${seconds} s`,
    noConnection: 'Nothing can be sent',
    noDevice: (device: string) => `No word from ${device}`,
    noDeviceWhy: 'nothing can be sent; it goes on watching by itself',
    noConnectionWhy: 'the device goes on watching by itself',
    cannot: 'This printer takes no commands',
    cannotWhy: 'it can only be watched: pause it at the printer itself',
    viewer: 'You can watch this printer',
    viewerWhy: 'only operators and owners pause it',
  },

  incident: {
    title: 'Alert',
    pausedThere: 'Paused',
    before: (layer: number | undefined, at: string, nowMs: number) =>
      layer === undefined
        ? `Before: ${moment(at, nowMs)}`
        : `Before: layer ${count(layer)}, ${moment(at, nowMs)}`,
    alarm: (layer: number | undefined, at: string, nowMs: number) =>
      layer === undefined ? moment(at, nowMs) : `Layer ${count(layer)}, ${moment(at, nowMs)}`,
    now: (ms: number) => `Now, ${age(ms)} old`,
    noBefore: 'No picture from before',
    noThen: 'The picture has not arrived',
    falseAlarm: 'False alarm',
    seen: 'I have seen it',
    saved: 'Saved',
    lost: 'Already lost',
    question: 'What was it?',
    ignore: 'Ignore here',
    ignoreWhat: 'It is harmless: this box is no longer judged',
    ignored: (places: number) =>
      places === 1 ? ', this place is to be ignored' : `, ${count(places)} places are to be ignored`,
    takeBack: 'Take it back',
    teaches: 'The printer learns from this between prints.',
    gone: 'This alert is not here',
    openPrinter: 'Open the printer',
    whole: 'Whole picture',
  },

  alerts: {
    title: 'Alerts',
    empty: 'No alert yet',
    emptyWhy: 'When a print is suspected or paused, it is listed here.',
    open: 'Open',
    past: 'Past',
  },

  history: {
    title: 'History',
    empty: 'No print yet',
    emptyWhy: 'Each watched print is kept here as its core.',
    shelf: 'The last prints as layer strips, oldest left',
    running: 'Under way',
    layers: (layer: number, layers: number | undefined) =>
      layers === undefined || layer >= layers
        ? `${count(layer)} layers`
        : `layer ${count(layer)} of ${count(layers)}`,
  },

  verdict: {
    question: 'How did it really go?',
    fine: 'It was fine',
    failed: (layer: number | undefined) =>
      layer === undefined ? 'It failed' : `It failed from layer ${count(layer)}`,
    saidFine: 'You said it was fine.',
    saidFailed: (layer: number | undefined) =>
      layer === undefined ? 'You said it failed.' : `You said it failed from layer ${count(layer)}.`,
    kept: 'Its printer learns from it between prints.',
    waits: 'Waits for the device.',
    takeBack: 'Take it back',
  },

  addDevice: {
    title: 'Add a device',
    heading: 'Connect your Pi',
    code: 'Pairing code',
    goodFor: (seconds: number) => `Good for ${minutesAndSeconds(seconds)}, works once.`,
    paste: 'Paste this on the Pi:',
    command: 'Command to paste',
    waiting: 'Waiting for the device',
    waitingWhy: 'It appears here by itself, usually within seconds of the command.',
    paired: 'Device connected',
    pairedWhy: 'Its printers appear as soon as it has reached them.',
    printers: (names: number) => (names === 1 ? '1 printer found' : `${names} printers found`),
    noPrinters: 'Looking for its printers',
    expired: 'The code has run out',
    newCode: 'Make a new code',
    done: 'Done',
    failed: 'No code could be made.',
  },

  you: {
    title: 'You',
    signOut: 'Sign out',
    theme: 'Appearance',
    themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
    hand: 'Layer strip on the',
    hands: { right: 'Right', left: 'Left' },
    alarms: 'How alarms reach you',
    alarmsHow: 'On this device, by e-mail, ntfy, Telegram, Discord or a webhook.',
    setUpAlarms: 'Notifications',
    emailOn: (address: string) => `Goes to ${address}.`,
    emailOff: 'This server has no mail account, so it sends none. Its operator can give it one.',
    pushOn: 'Notifications are on.',
    pushOff: 'Notifications are off.',
    pushDenied:
      'Notifications are blocked for this page. Allow them in the browser’s settings for this site.',
    pushInsecure:
      'Notifications need HTTPS, and this page came over plain HTTP. Open it by its HTTPS address to switch them on.',
    pushHomeScreen:
      'On an iPhone, notifications work once the app is on the home screen: tap Share, then “Add to Home Screen”, and open it from there.',
    pushUnsupported: 'This browser has no notifications for web pages.',
    pushFailed: 'The browser’s push service could not be reached.',
    turnOn: 'Switch on',
    turnOff: 'Switch off',
    devices: 'Devices',
    devicePresent: 'here',
    deviceSilent: (heardAt: string | undefined, nowMs: number) =>
      heardAt === undefined ? 'never heard' : `no word since ${moment(heardAt, nowMs)}`,
    devicePrinters: (printers: number) => (printers === 1 ? '1 printer' : `${printers} printers`),
    deviceSpeed: (backend: string, frameMs: number | undefined) =>
      frameMs === undefined ? backend : `${backend}, ${Math.round(frameMs)} ms a picture`,
    remove: 'Remove',
    removeSure: 'Remove it for good',
    removeWhy: 'It goes on watching and pausing, but reports nothing and takes no commands.',
    signedInAs: 'Signed in as',
  },

  signIn: {
    title: 'Sign in',
    promise: 'Watches your prints layer by layer and pauses the one that fails.',
    email: 'E-mail',
    password: 'Password',
    submit: 'Sign in',
    newHere: 'Make an account',
    haveAccount: 'Sign in instead',
    wrong: 'E-mail and password do not fit.',
    unreachable: 'The server does not answer.',
    firstTitle: 'Make this Layerwatch yours',
    firstWhy: 'The first account owns it. The set-up token was printed where the server was started.',
    signUpTitle: 'Make an account',
    token: 'Set-up token',
    yourName: 'Your name',
    passwordRule: 'At least 8 characters',
    create: 'Make the account',
    show: 'Show',
    hide: 'Hide',
  },

  problem: {
    unreachable: 'The server does not answer.',
    unexpected: 'The server’s answer could not be read.',
    pageFailed: 'This page met a mistake of its own. Watching goes on without it.',
    startAgain: 'Start again',
    pageGone: 'There is nothing at this address',
    home: 'Printers',
  },
} as const

function lastKnown(heardAtMs: number, nowMs: number): string {
  return `Last known ${time(heardAtMs)}, ${age(nowMs - heardAtMs)} old.`
}

/** When a print is done: the time, and the day too where it is further than a day away. */
function doneAt(seconds: number, nowMs: number): string {
  const atMs = nowMs + seconds * 1000
  return seconds < 72_000 ? time(atMs) : dayAndTime(atMs, nowMs)
}

function minutesAndSeconds(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
