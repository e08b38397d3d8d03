/* Chapter 7: weights under masks. */
(() => {
'use strict';

const {chapters, count, read, wordsOf, fixed, make, input, shade, table, rove, message, list, attempt, part} = LIVE;
const {FILLING, PLACES} = LIVE.sizes;

function masks() {
    const words = [...wordsOf(0), ...count(FILLING).map(() => 'pad')];
    const output = message('live-long');
    const grid = table('Weights of the head sense', [...words, 'sum'], words, 'live-grid');
    const buttons = grid.cells.map((row, i) => row.slice(0, PLACES).map((cell, j) => {
        const button = make('button', {type: 'button', click: () => press(i, j)});
        cell.replaceChildren(button);
        return button;
    }));
    const causal = input({type: 'checkbox', change: () => show()});
    const told = make('output', {for: 'live-padding'}, '0');
    const padding = input({type: 'range', id: 'live-padding', min: 0, max: PLACES, value: 0,
                           input: () => show()});
    const allowed = () =>
        new Float32Array(chapters.memory.buffer, chapters.live_allowed(), PLACES ** 2);

    grid.element.querySelector('table').setAttribute('role', 'grid');
    rove(buttons);

    function press(i, j) {
        buttons[i][j].focus();
        allowed()[i * PLACES + j] = 1 - allowed()[i * PLACES + j];
        show();
    }
    function showCell(i, j, weight, open, hand) {
        const button = buttons[i][j], text = weight === null ? '–' : fixed(weight, 2);
        button.textContent = text;
        button.className = (open ? '' : 'live-shut') + (hand ? ' live-hand' : '');
        button.setAttribute('aria-pressed', hand);
        button.setAttribute('aria-label',
                            `${words[i]} asks ${words[j]}: ${text}${open ? '' : ', blocked'}`);
        shade(button, weight);
    }
    function showAll(result) {
        const own = allowed();
        words.forEach((_, i) => {
            words.forEach((_, j) => showCell(i, j, result && result.weights[i][j],
                                             !result || result.open[i][j] === 1,
                                             own[i * PLACES + j] === 0));
            grid.cells[i][PLACES].textContent = result ? fixed(result.sums[i], 2) : '–';
        });
    }
    function show() {
        told.textContent = padding.value;
        attempt(output, () => {
            const result = read(chapters.live_masks(causal.checked, Number(padding.value)),
                                {weights: [PLACES, PLACES], open: [PLACES, PLACES],
                                 sums: [PLACES]});
            const shut = words.filter((_, i) => result.open[i].every(open => open === 0));
            const blocked = result.open.flat().filter(open => open === 0).length;
            showAll(result);
            const odd = words.filter((word, i) => !shut.includes(word) && fixed(result.sums[i], 2) !== '1.00');
            return `${blocked} of ${PLACES ** 2} cells are blocked. ` +
                (odd.length > 0 ? `These rows do not sum to one: ${list(odd)}.`
                 : shut.length > 0 ? `Nobody to attend to, so zeros: ${list(shut)}.`
                                   : 'Every row sums to one.');
        }, () => showAll(null));
    }
    show();
    return ['Press a cell to block it, or to open it again. Under the causal mask, block the ' +
        'first cell: who is left for she to attend to?', show,
        make('div', {class: 'live-row'},
             make('label', {}, causal, ' Causal: nobody sees a later word'),
             make('button', {type: 'button', click: () => { allowed().fill(1); show(); }},
                  'Open all cells')),
        make('div', {class: 'live-row'},
             make('label', {for: 'live-padding'}, 'Padding: last keys blocked'), padding, told),
        grid.element, output];
}

part('masks', masks);
})();
