export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
export const shortNames = (names: readonly string[]): readonly string[] => names.map((name) => name.slice(0, 3));
export const eras = ['BC', 'AD'];
export const halfDays = ['AM', 'PM'];

/** Zone abbreviations that Java reads in US English, by their offset in minutes. */
export const zoneOffsets: ReadonlyMap<string, number> = new Map([
  ['UTC', 0],
  ['Coordinated Universal Time', 0],
  ['Greenwich Mean Time', 0],
  ['WET', 0],
  ['WEST', 60],
  ['CET', 60],
  ['CEST', 120],
  ['EET', 120],
  ['EEST', 180],
  ['MSK', 180],
  ['JST', 540],
  ['HST', -600],
  ['AKST', -540],
  ['AKDT', -480],
  ['PST', -480],
  ['PDT', -420],
  ['MST', -420],
  ['MDT', -360],
  ['CST', -360],
  ['CDT', -300],
  ['EST', -300],
  ['EDT', -240],
]);
