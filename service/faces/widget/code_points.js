// Offsets of the service count Unicode code points, strings here UTF-16 units: one emoji is 1 there and 2 here.

// From `start`, or the beginning where that is before it, to `end`.
function cut(text, start, end) {
  return Array.from(text).slice(Math.max(0, start), end).join("");
}

function codePoints(text) {
  return Array.from(text).length;
}

// `text`, which begins at `offset` of its article, around the run from `start` to `end` there; [text, "", ""] without one.
function around(text, offset, start, end) {
  const points = Array.from(text);
  const [left, right] = [start - offset, end - offset];
  if (!(Number.isInteger(left) && Number.isInteger(right) && 0 <= left && left < right && right <= points.length)) {
    return [text, "", ""];
  }
  return [points.slice(0, left), points.slice(left, right), points.slice(right)].map((piece) => piece.join(""));
}
