/** Kinds of clip a browser may record; what plays everywhere before what plays in most places. */
export const CLIP_KINDS = [
  'video/mp4;codecs=avc1.42E01E,mp4a.40.2',
  'video/webm;codecs=vp9,opus',
  'video/webm;codecs=vp8,opus',
  'video/webm',
]
