/* Chapter 10: a block of scores moves through the matrix; of each query a maximum and sums are kept. */
(() => {
'use strict';

const {chapters, count, read, string, wordsOf, fixed, make, input, choice, rove, lineOf, stepper, list, place} = LIVE;
const {WORDS, D_K} = LIVE.sizes;

const SIZES = [1, 2, 3], START = 2;

function tiles() {
    const words = wordsOf(0), columns = count(D_K).map(c => string(chapters.live_column(c)));
    let block = START, all = null, steps = [], now = null, chosen = WORDS - 1;

    const cells = words.map(() => words.map(() => make('td', {class: 'tiles-cell'})));
    const header = names => make('thead', {}, make('tr', {}, make('td'), ...names.map(name => make('th', {scope: 'col'}, make('span', {}, name)))));
    const scores = make('table', {class: 'part-table tiles-scores', 'aria-label': 'Scores of the head sense'}, header(words),
        make('tbody', {}, ...words.map((word, i) => make('tr', {}, make('th', {scope: 'row'}, word), ...cells[i]))));
    const queries = words.map((word, i) => make('td', {class: 'tiles-query', focus: () => choose(i)}, word));
    const kept = words.map(() => count(3 + D_K).map(() => make('td')));
    const rows = words.map((_, i) => make('tr', {}, queries[i], ...kept[i]));
    const state = make('table', {class: 'part-table tiles-state', role: 'grid', 'aria-label': 'What is kept of each query'},
                       header(['maximum', 'factor', 'sum', ...columns]), make('tbody', {}, ...rows));
    rove(queries.map(query => [query]));
    const sum = make('p', {class: 'part-sum tiles-sum', 'aria-live': 'polite'});

    function choose(i) {
        chosen = i;
        show();
    }
    /** What is known of a query now: the number of its last block of keys, or -1. */
    const known = i => i < now.query ? Math.ceil(all.visible[i] / block) - 1 : i < now.query + block ? now.key / block : -1;
    const inside = (i, j) => i >= now.query && i < now.query + block && j >= now.key && j < now.key + block;

    function show() {
        cells.forEach((row, i) => row.forEach((cell, j) => {
            const tile = inside(i, j), taken = j < (known(i) + 1) * block, skipped = j >= all.visible[i];
            const shut = all.scores[i][j] === -Infinity;
            cell.className = `tiles-cell ${tile && !skipped ? `tiles-now ${shut ? 'tiles-shut' : ''}` : skipped ? 'tiles-skipped' : taken ? 'tiles-gone' : ''}`;
            cell.textContent = tile && !skipped ? shut ? '−∞' : fixed(all.scores[i][j], 1) : '';
        }));
        kept.forEach((row, i) => {
            const k = known(i), done = i < now.query, numbers = k < 0 ? [] : done
                ? [NaN, NaN, NaN, ...all.results[i]] : [all.maxima[i][k], all.factors[i][k], all.sums[i][k], ...all.values[i][k]];
            row.forEach((cell, c) => { cell.textContent = k < 0 ? '' : done && c < 3 ? '·' : fixed(numbers[c], 2); });
            rows[i].className = k < 0 ? '' : done ? 'tiles-done' : 'tiles-open';
            queries[i].classList.toggle('tiles-chosen', i === chosen);
        });
        sum.replaceChildren(...told(chosen, known(chosen)));
    }
    /** How the sum of a query was made. */
    function told(i, k) {
        const name = make('b', {}, words[i]);
        if (k < 0)
            return [name, ': none of its keys has been seen yet.'];
        if (i < now.query)
            return [name, ': finished. The sums of its values were divided by ', make('b', {}, fixed(all.sums[i][k], 2)), '; its scores are forgotten.'];
        const most = fixed(all.maxima[i][k], 2), powers = count(block).map(j => now.key + j)
            .filter(j => j < all.visible[i] && all.scores[i][j] !== -Infinity)
            .flatMap(j => [' + e', make('sup', {}, `${fixed(all.scores[i][j], 2)} − ${most}`)]);
        const before = k > 0 ? [`${fixed(all.sums[i][k - 1], 2)} × `, make('b', {}, fixed(all.factors[i][k], 2))] : ['0'];
        return [name, ': sum = ', ...before, ...powers, ' ≈ ', make('b', {}, fixed(all.sums[i][k], 2)),
                ...k > 0 && all.maxima[i][k] > all.maxima[i][k - 1]
                    ? [`. The maximum rose from ${fixed(all.maxima[i][k - 1], 2)} to ${most}, so what was summed before shrinks.`] : ['.']];
    }
    const play = stepper(at => {
        now = steps[at];
        const keys = words.slice(now.key, Math.min(now.key + block, all.visible[now.query]));
        chosen = Math.min(now.query + block, WORDS) - 1;
        show();
        const held = keys.length * Math.min(block, WORDS - now.query);
        return `Queries: ${list(words.slice(now.query, now.query + block))}. Keys: ${list(keys)}. Of ${WORDS ** 2} scores, ${held} ` +
            `${held > 1 ? 'are' : 'is'} in memory.`;
    });
    function compute() {
        all = read(chapters.live_tiles(block, causal.checked), {
            scores: [WORDS, WORDS], visible: [WORDS], maxima: [WORDS, WORDS], factors: [WORDS, WORDS], sums: [WORDS, WORDS],
            values: [WORDS, WORDS, D_K], results: [WORDS, D_K]});
        const each = to => count(Math.ceil(to / block)).map(i => i * block);
        steps = each(WORDS).flatMap(query => each(all.visible[query]).map(key => ({query, key})));
        play.begin(steps.length, steps.length - 1);
    }
    const causal = input({type: 'checkbox', change: compute});
    const size = choice('Queries and keys in a block', SIZES.map(String), SIZES.indexOf(START), i => { block = SIZES[i]; compute(); });
    compute();
    return make('section', {'aria-label': 'Attention by blocks', class: 'tiles'},
        make('p', {class: 'live-question'}, make('b', {}, 'Try it. '), 'Press Play: a block moves through the scores. What is kept when it moves on?'),
        make('div', {class: 'live-row part-choices'}, size.element, make('label', {}, causal, ' Causal')),
        play.element, play.output,
        make('div', {class: 'tiles-both'}, scores, make('div', {class: 'live-box'}, state)), sum,
        make('p', {class: 'part-line'}, ...lineOf('rescale')));
}

place('tiles', tiles);
})();
