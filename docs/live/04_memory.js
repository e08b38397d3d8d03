/* Chapter 4: where each number of a head lies in memory, cut by columns or by the order of the floats. */
(() => {
'use strict';

const {chapters, count, read, string, wordsOf, make, choice, rove, lineOf, message, place} = LIVE;
const {WORDS, HEADS, D_K, D_MODEL} = LIVE.sizes;

const FLOATS = WORDS * D_MODEL, PART = FLOATS / HEADS; // a head has so many floats
const CUTS = ['columns', 'halves of the memory'];
const d_k = () => make('span', {class: 'formula'}, make('i', {}, 'd'), make('sub', {}, 'k'));

function memory() {
    const {values, views, copies} = read(chapters.live_memory(), {
        values: [WORDS, D_MODEL], views: [HEADS, WORDS, D_K], copies: [FLOATS]});
    const words = wordsOf(0), names = count(HEADS).map(h => string(chapters.live_head(h)));
    const viewed = views.map(head => head.flat()); // the floats of each head, in its own order
    let cut = 0, head = 1, at = viewed[head][D_K];

    /** The floats of a head, row by row. */
    const floatsOf = h => cut === 0 ? viewed[h] : count(PART).map(i => h * PART + i);

    const cells = values.map((row, t) => row.map((x, c) => make('td', {role: 'gridcell', focus: () => choose(D_MODEL * t + c)}, x)));
    const stop = rove(cells);
    const grid = make('table', {class: 'part-table memory-grid', role: 'grid', 'aria-label': 'Q of both heads'},
        make('thead', {}, make('tr', {}, make('td'), ...names.map((name, h) => make('th', {colspan: D_K, scope: 'colgroup'}, `head ${h}, ${name}`)))),
        make('tbody', {}, ...cells.map((row, t) => make('tr', {}, make('th', {scope: 'row'}, words[t]), ...row))));
    const strip = title => {
        const floats = count(FLOATS).map(() => make('i')), label = make('span', {class: 'memory-at'});
        const element = make('figure', {class: 'memory-strip'}, make('figcaption', {}, title), make('div', {'aria-hidden': true}, ...floats, label));
        return {floats, label, element};
    };
    const line = strip(`In memory: ${FLOATS} floats, one after the other`), copy = strip('The copy of split_heads: each head by itself');
    const output = message('live-long'), sum = make('p', {class: 'part-sum memory-sum'}), code = make('p', {class: 'part-line'});

    function choose(float) {
        at = float;
        head = count(HEADS).find(h => floatsOf(h).includes(at));
        heads.labels[head].querySelector('input').checked = true;
        show();
    }
    function mark({floats, label, element}, lit, where) {
        floats.forEach((one, i) => { one.className = `${lit.includes(i) ? 'memory-lit' : ''} ${i === where ? 'memory-chosen' : ''}`; });
        label.textContent = where;
        label.style.setProperty('--at', (where + 0.5) / FLOATS);
        element.setAttribute('aria-label', `float ${where}`);
    }
    function show() {
        const mine = floatsOf(head), t = Math.floor(at / D_MODEL), c = at % D_MODEL, row = Math.floor(mine.indexOf(at) / D_K), column = mine.indexOf(at) % D_K;
        cells.flat().forEach((cell, i) => {
            cell.className = `${mine.includes(i) ? 'memory-lit' : ''} ${i === at ? 'memory-chosen' : ''}`;
            cell.setAttribute('aria-label', `${words[Math.floor(i / D_MODEL)]}, column ${i % D_MODEL}: ${values.flat()[i]}`);
        });
        stop(cells[t][c]);
        mark(line, mine, at);
        mark(copy, count(FLOATS).filter(i => mine.includes(copies[i])), copies.indexOf(at));
        copy.element.hidden = cut === 1;
        const whole = words.filter((_, t) => count(D_MODEL).every(c => mine.includes(D_MODEL * t + c)));
        output.textContent = cut === 0
            ? `Head ${head} is ${D_K} columns of every word. In memory it lies in ${WORDS} pieces, ${D_MODEL} floats apart.`
            : `Wrong: as one piece of memory, head ${head} is ${D_MODEL} columns of ${whole.join(', ')}, and nothing of the others.`;
        sum.replaceChildren(...cut === 0
            ? [`row ${row} × stride ${D_MODEL} + head ${head} × `, d_k(), ` ${D_K} + column ${column} = `, make('b', {}, `float ${at}`),
               `; in the copy float ${copies.indexOf(at)}`]
            : [`head ${head} × ${PART} + row ${row} × `, d_k(), ` ${D_K} + column ${column} = `, make('b', {}, `float ${at}`),
               `: row ${row} of the head is not row ${t}, ${words[t]}`]);
        code.replaceChildren(...cut === 0 ? lineOf('view') : ['\u00a0']);
    }
    const heads = choice('Head', names.map((name, h) => `${h}, ${name}`), head, h => { head = h; at = floatsOf(h)[D_K]; show(); });
    const cuts = choice('Cut by', CUTS, cut, i => { cut = i; at = floatsOf(head)[D_K]; show(); });
    show();
    return make('section', {'aria-label': 'Heads in memory', class: 'memory'},
        make('p', {class: 'live-question'}, make('b', {}, 'Try it. '), 'Choose a number of Q to see where it lies. Then cut the memory into halves.'),
        make('div', {class: 'live-row part-choices'}, heads.element, cuts.element), output,
        make('div', {class: 'live-box'}, grid), line.element, copy.element, sum, code);
}

place('memory', memory);
})();
