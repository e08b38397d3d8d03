/*
 * The matrices of a layer: what heads them, the grids that show them, and how each number was made. For view.js.
 * The lines of C come from docs/live/lines.py as LIVE_LINES.
 */
const MATRICES = (() => {
'use strict';

const {count, fixed, make} = LIVE;

const MOST_TERMS = 12, FIRST_TERMS = 4; // of a sum that is written out; of a longer one the first and the last

// --- Numbers and sums ----------------------------------------------------------------------------

const isShort = x => (Number.isInteger(x) || Number.isInteger(10 * x)) && Math.abs(x) < 1e5;
const infinite = x => Number.isNaN(x) ? 'NaN' : x === Infinity ? '∞' : x === -Infinity ? '−∞' : '';
/** A number as it stands in a cell. */
const number = x => infinite(x) || (isShort(x) ? String(x) : Math.abs(x) < 1e5 ? fixed(x, 2) : x.toExponential(1));
/** A number with three digits, however small. */
const precise = x => infinite(x) || (isShort(x) ? String(x) : String(Number(x.toPrecision(3))));
const symbol = name => make('i', {}, name);
const sub = (name, below) => [symbol(name), make('sub', {}, below)];
const copies = parts => parts.map(part => part.cloneNode?.(true) ?? part);
const raised = x => ['e', make('sup', {}, x)];
const between = (lists, separator) => lists.flatMap((list, i) => i ? [separator, ...list] : list);

/** Something for each of so many terms; of many, what stands between the first and the last is counted. */
function terms(length, of) {
    if (length <= MOST_TERMS)
        return count(length).map(of);
    return [...count(FIRST_TERMS).map(of), [`… ${length - FIRST_TERMS - 1} more …`], of(length - 1)];
}

/** A sum of products, with a bias if there is one, and what it gives: exactly, or rounded as shown. */
function sumOf(left, right, result, told, bias) {
    const exact = [...left, ...right, result, bias ?? 0].every(isShort);
    const factor = x => x < 0 ? `(${told(x)})` : told(x);
    const products = terms(left.length, i => [`${factor(left[i])}×${factor(right[i])}`]);
    return [...between(bias === undefined ? products : [...products, [`${factor(bias)} (bias)`]], ' + '), exact ? ' = ' : ' ≈ ',
            make('b', {}, told(result))];
}

// --- The matrices --------------------------------------------------------------------------------

// What heads them, what counts their rows and columns, and the stage from which they are known.
const SHOWN = {
    x: {title: [symbol('X')], rows: 'words', cols: 'columns', from: 0},
    w_q: {title: sub('W', 'Q'), rows: 'columns', cols: 'asks', from: 0},
    q: {title: [symbol('Q'), ', asks'], rows: 'words', cols: 'asks', from: 1},
    w_k: {title: sub('W', 'K'), rows: 'columns', cols: 'asks', from: 0},
    k: {title: [symbol('K'), ', answers'], rows: 'keys', cols: 'asks', from: 1},
    w_v: {title: sub('W', 'V'), rows: 'columns', cols: 'own', from: 0},
    v: {title: [symbol('V'), ', hands over'], rows: 'keys', cols: 'own', from: 1},
    scores: {title: ['Scores, ', symbol('Q'), ' ', symbol('K'), make('sup', {}, 'T')], rows: 'words', cols: 'keys', from: 2},
    scaled: {title: ['Scaled, masked'], rows: 'words', cols: 'keys', from: 3},
    weights: {title: ['Weights'], rows: 'words', cols: 'keys', from: 5},
    head: {title: ['Result'], rows: 'words', cols: 'own', from: 6},
    concat: {title: ['Side by side'], rows: 'words', cols: 'results', from: 7},
    w_o: {title: sub('W', 'O'), rows: 'results', cols: 'outs', from: 0},
    out: {title: ['Out'], rows: 'words', cols: 'outs', from: 8},
};

/**
 * The part of a matrix that is on the page, as a grid with one stop of the tabulator. `at` has the first row and column and
 * those after the last; `choose(row, column)` hears of the focus, `leave(row, column)` of a key that leads to another page.
 */
function grid(name, values, labels, at, choose, leave) {
    const {title, rows, cols} = SHOWN[name], left = labels[rows] || [], top = labels[cols];
    const told = (r, c) => [left[r], top && top[c]].filter(Boolean).join(', ');
    const cells = count(at.below - at.row).map(() => count(at.after - at.column).map(() => make('td', {role: 'gridcell', tabindex: -1})));
    const body = cells.map((row, r) => make('tr', {}, make('th', {scope: 'row'}, left[at.row + r] || ''), ...row));
    const names = top && top.slice(at.column, at.after);
    const head = top ? [make('thead', {class: names.every(text => text.length < 5) && 'layer-flat'}, make('tr', {}, make('td'),
        ...names.map(text => make('th', {scope: 'col'}, make('span', {}, text)))))] : [];
    const table = make('table', {role: 'grid', class: 'layer-grid', focusin: event => found(event, (r, c) => { stop(r, c); choose(r, c); }),
                                 keydown: event => found(event, (r, c) => move(event, r, c))}, ...head, make('tbody', {}, ...body));
    const element = make('figure', {class: `layer-matrix layer-${name}`},
        make('figcaption', {}, ...copies(title),
             make('small', {}, ` ${values.length} × ${values[0].length}`)),
        make('div', {class: 'live-box'}, table));
    table.setAttribute('aria-label', element.firstChild.textContent);
    const cell = (r, c) => cells[r - at.row]?.[c - at.column];
    let reached = cells[0][0];
    reached.tabIndex = 0;

    /** Where a cell that something has happened to stands in the matrix. */
    function found(event, then) {
        const element = event.target.closest('td[role]');
        if (element)
            then(at.row + element.parentElement.sectionRowIndex, at.column + element.cellIndex - 1);
    }
    function stop(r, c) {
        reached.tabIndex = -1;
        reached = cell(r, c);
        reached.tabIndex = 0;
    }
    function move(event, r, c) {
        const last = values[0].length - 1, page = at.below - at.row;
        const [row, column] = {ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
                               Home: [r, 0], End: [r, last], PageUp: [Math.max(r - page, 0), c],
                               PageDown: [Math.min(r + page, values.length - 1), c]}[event.key] || [-1, -1];
        if (row < 0 || row >= values.length || column < 0 || column > last)
            return;
        event.preventDefault();
        if (cell(row, column))
            cell(row, column).focus();
        else
            leave(row, column);
    }
    return {element, cells, at, cell, stop, told};
}

// --- How a cell was made -------------------------------------------------------------------------

/**
 * The sum, its line of C, and what made it: [matrix, row or null, column or null]. `all` is what the layer has made
 * (view.js), `blocked` says whether the cell lies behind the mask.
 */
function explain(name, r, c, all, now, blocked) {
    const {m, told, heads, d_k, d_v} = all, value = m[name][r][c], column = (rows, c) => rows.map(row => row[c]);
    const product = (left, right, bias) => ({sum: sumOf(m[left][r], column(m[right], c), value, told, m[bias]?.[0]?.[c]), line: name,
                                             made: [[left, r, null], [right, null, c]]});
    const divided = [now.scaled ? ` / √${d_k}` : '', now.temperature === 1 ? '' : ` / ${now.temperature}`].join('');
    return {
        x: () => all.origin(r, c),
        q: () => product('x', 'w_q', 'b_q'), k: () => product('x', 'w_k', 'b_k'), v: () => product('x', 'w_v', 'b_v'),
        scores: () => ({sum: sumOf(m.q[r], m.k[c], value, told), line: name, made: [['q', r, null], ['k', c, null]]}),
        scaled: () => blocked
            ? {sum: [make('b', {}, '−∞'), `: ${all.labels.keys[c]} comes after ${all.labels.words[r]}`], line: 'blocked',
               made: [['scores', r, c]]}
            : {sum: [`${m.scores[r][c] < 0 ? `(${told(m.scores[r][c])})` : told(m.scores[r][c])}${divided}${isShort(value) ? ' = ' : ' ≈ '}`,
                     make('b', {}, told(value))], line: name, made: [['scores', r, c]]},
        weights: () => {
            const power = j => raised(m.open[r][j] === 0 ? '−∞' : told(m.scaled[r][j]));
            return {sum: [...power(c), ' / (', ...between(terms(m.open[r].length, power), ' + '), ') ≈ ',
                          make('b', {}, told(value))], line: name, made: [['scaled', r, null]]};
        },
        head: () => product('weights', 'v'),
        concat: () => {
            const own = c - d_v * now.head, mine = own >= 0 && own < d_v;
            return {sum: [`column ${c % d_v} of the head ${heads[Math.floor(c / d_v)]}: `, make('b', {}, told(value))],
                    line: name, made: mine ? [['head', r, own]] : []};
        },
        out: () => product('concat', 'w_o', 'b_o'),
    }[name]?.() ?? {sum: [make('b', {}, told(value)), all.given], made: []};
}

return {number, precise, copies, SHOWN, grid, explain};
})();
