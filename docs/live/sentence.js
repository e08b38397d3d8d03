/*
 * A sentence through the whole layer: asks the chapters' C (docs/live/live_layer.h) for every matrix,
 * and draws the arcs from one word to those that it looks at. For bank.js, view.js, layer.js and own.js.
 */
const SENTENCE = (() => {
'use strict';

const {chapters, textAt, string, count, read, fixed, make, drawn, list} = LIVE;

// As in layer_run.h and live_layer.h.
const MATRICES = ['vectors', 'x', 'w_q', 'w_k', 'w_v', 'q', 'k', 'v', 'scores', 'scaled', 'open', 'weights',
                  'head', 'concat', 'w_o', 'out', 'b_q', 'b_k', 'b_v', 'b_o'];
const WORDS = 12, TEXT_SIZE = 1024, COLUMNS = 8, HEADS = 2, NEAREST = 3;

// --- The chapters' C -----------------------------------------------------------------------------

const columns = chapters ? count(COLUMNS).map(c => string(chapters.live_layer_column(c))) : [];
const results = chapters ? count(COLUMNS).map(c => string(chapters.live_column(c))) : []; // of the heads, side by side
const heads = chapters ? count(HEADS).map(h => string(chapters.live_head(h))) : [];

/** A copy of a matrix, whatever its stride: its rows. */
function matrixAt(address) {
    const [data, rows, cols, stride] = new Uint32Array(chapters.memory.buffer, address, 4);
    return count(rows).map(r => new Float32Array(chapters.memory.buffer, data + 4 * r * stride, cols).slice());
}

function nearest(matrix, word) {
    const {cosines, words} = read(chapters.live_layer_nearest(MATRICES.indexOf(matrix), word),
                                  {cosines: [NEAREST], words: [NEAREST, 'text']});
    return words.map((text, n) => ({word: text, cosine: cosines[n]}));
}

/**
 * Everything that the layer makes of a sentence; throws what the C says when it refuses.
 * `heads` holds the matrices, once for each head.
 */
function run(text, {causal = false, positions = false, scaled = true, temperature = 1} = {}) {
    const bytes = new Uint8Array(chapters.memory.buffer, chapters.live_layer_text(), TEXT_SIZE);
    bytes.fill(0);
    new TextEncoder().encodeInto(text, bytes.subarray(0, TEXT_SIZE - 1));
    if (!chapters.live_layer_run(causal, positions, scaled, temperature))
        throw new Error(textAt(chapters.live_error()));
    const words = count(WORDS).map(t => chapters.live_layer_word(t)).filter(Boolean).map(textAt);
    return {
        words, focus: chapters.live_layer_focus(),
        heads: heads.map((_, h) => Object.fromEntries(MATRICES.map((name, i) => [name, matrixAt(chapters.live_layer_matrix(i, h))]))),
        before: words.map((_, t) => nearest('x', t)), after: words.map((_, t) => nearest('out', t)),
    };
}

// --- Drawing ---------------------------------------------------------------------------------------

const LETTER = 8.4, GAP = 16, LABEL = [28, 12], SEEN = 0.1; // pixels, and the least weight that is named

/** A function that adds a part to a drawing. */
const adderTo = svg => (tag, attributes, text = '') => {
    const element = drawn(tag, attributes);
    element.append(text);
    svg.append(element);
};

/** The words in a row, and an arc from one of them to each, as wide as its weight. */
function arcs(words, weights, from) {
    let right = GAP;
    const middles = words.map(word => {
        const middle = right + word.length * LETTER / 2;
        right += word.length * LETTER + GAP;
        return middle;
    });
    const heights = middles.map(middle => Math.min(70, 16 + 0.3 * Math.abs(middle - middles[from])));
    const height = 20 + Math.max(...heights), base = height - 2;
    const svg = drawn('svg', {viewBox: `0 0 ${right} ${height + 26}`, width: right, height: height + 26,
                              class: 'layer-arcs', role: 'img', 'aria-label': looks(words, weights, from)});
    const add = adderTo(svg);
    middles.forEach((middle, i) => {
        const start = middles[from], top = base - 4 / 3 * heights[i], weight = weights[i];
        const path = i === from ? `M${start} ${base}C${start - 4} ${base - 36} ${start + 30} ${base - 36} ${start + 8} ${base}`
                                : `M${start} ${base}C${start} ${top} ${middle} ${top} ${middle} ${base}`;
        if (weight > 0)
            add('path', {d: path, class: 'layer-arc', 'stroke-width': 0.6 + 7 * weight, 'stroke-opacity': 0.25 + 0.75 * weight});
    });
    const named = []; // the greatest first; one that would lie on another is not written
    middles.map((middle, i) => ({weight: weights[i], x: (middles[from] + middle) / 2, y: base - heights[i] - 5}))
        .filter(({weight}, i) => weight >= SEEN && i !== from).sort((a, b) => b.weight - a.weight)
        .filter(one => named.every(({x, y}) => Math.abs(x - one.x) > LABEL[0] || Math.abs(y - one.y) > LABEL[1]) && named.push(one))
        .forEach(({x, y, weight}) => add('text', {x, y, class: 'layer-weight'}, fixed(weight, 2)));
    middles.forEach((middle, i) =>
        add('text', {x: middle, y: height + 16, class: i === from ? 'layer-from' : weights[i] >= SEEN ? 'layer-seen' : ''}, words[i]));
    return make('div', {class: 'live-box'}, svg);
}

/** What a word looks at, in words. */
function looks(words, weights, from) {
    const seen = words.map((word, i) => ({word, weight: weights[i]})).filter(one => one.weight >= SEEN)
        .sort((a, b) => b.weight - a.weight).map(one => `${one.word} ${fixed(one.weight, 2)}`);
    return `${words[from]} looks at ${list(seen) || 'nothing'}`;
}

return {MATRICES, matrixAt, run, adderTo, arcs, columns, results, heads, WORDS};
})();
