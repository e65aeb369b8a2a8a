/** Files saved under a picture's name that nothing here can decode: what their first bytes say they are. */

interface Signature {
  /** Where it stands. */
  readonly at: number;
  /** Any of these, as Latin-1. */
  readonly bytes: readonly string[];
  /** What follows `it is`, with what to do where there is something better than converting. */
  readonly what: string;
}

const SIGNATURES: readonly Signature[] = [
  {
    at: 0,
    bytes: ['version https://git-lfs'],
    what: "a Git LFS pointer, fetch the file with 'git lfs pull'",
  },
  { at: 4, bytes: ['ftyphei', 'ftyphev'], what: 'HEIC, which needs a licensed decoder' },
  { at: 0, bytes: ['\xff\x0a', '\0\0\0\x0cJXL '], what: 'JPEG XL' },
  { at: 0, bytes: ['\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'], what: 'JPEG 2000' },
  { at: 0, bytes: ['%PDF-'], what: 'a PDF' },
  { at: 0, bytes: ['%!PS'], what: 'PostScript' },
  { at: 0, bytes: ['8BPS'], what: 'a Photoshop file' },
  { at: 0, bytes: ['v/1\x01'], what: 'OpenEXR' },
  { at: 0, bytes: ['#?RADIANCE', '#?RGBE'], what: 'a Radiance HDR picture' },
  { at: 0, bytes: ['P4\n', 'P5\n', 'P6\n', 'P7\n'], what: 'a Netpbm picture (PPM, PGM, ...)' },
  { at: 0, bytes: ['\0\0\x01\0', '\0\0\x02\0'], what: 'an icon or a cursor' },
  { at: 4, bytes: ['ftypisom', 'ftypiso2', 'ftypmp4', 'ftypqt', 'ftypM4V', 'ftyp3gp'], what: 'a video' },
  { at: 0, bytes: ['\x1aE\xdf\xa3'], what: 'a video' },
  { at: 8, bytes: ['AVI LIST'], what: 'a video' },
  {
    at: 0,
    bytes: ['PK\x03\x04', '\x1f\x8b', '7z\xbc\xaf', 'Rar!'],
    what: 'an archive (zip, gzip, ...)',
  },
  { at: 0, bytes: ['\x93NUMPY'], what: 'a NumPy array' },
];

/** `: it is HEIC, which ...`; empty where nothing is known. */
export function foreignFile(bytes: Uint8Array): string {
  const head = headOf(bytes);
  if (/^\s*<(!doctype html|html)/i.test(head)) return ': it is a web page, perhaps a failed download';
  const found = SIGNATURES.find(({ at, bytes }) => bytes.some((begin) => head.startsWith(begin, at)));
  return found === undefined ? '' : `: it is ${found.what}`;
}

/** No byte that text does not have. */
export function looksLikeText(bytes: Uint8Array): boolean {
  return /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(headOf(bytes));
}

function headOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1');
}
