/* Chapter 5: what each head makes of a word. */
(() => {
'use strict';

const {chapters, string, count, read, wordsOf, fixed, make, choice, wordChoice, sentenceChoice,
       table, bars, message, mostOf, attempt, part} = LIVE;
const {WORDS, HEADS, NEAREST} = LIVE.sizes;

function heads() {
    const names = count(HEADS).map(h => string(chapters.live_head(h)));
    const output = message('live-long');
    const sentences = [wordsOf(0), wordsOf(1)];
    let sentence = 0, head = 0, word = WORDS - 1;
    const chips = wordChoice('The word that asks', word, i => { word = i; show(); });
    const rows = bars('What it looks at in this head', ['weight'], [2]);
    const near = table('Nearest words to its result, with the cosine', ['first', 'second', 'third'],
                       [...names.map(name => `${name} alone`), 'the whole layer'], 'live-near');
    function fill(all) {
        near.cells.forEach((cells, r) => cells.forEach((cell, n) => {
            cell.replaceChildren(...all ? [`${all.nearest[r][word][n]} `,
                make('small', {}, fixed(all.cosines[r][word][n], 2))] : ['–']);
        }));
    }
    function show() {
        const words = sentences[sentence];
        attempt(output, () => {
            const all = read(chapters.live_heads(sentence),
                             {weights: [HEADS, WORDS, WORDS], cosines: [HEADS + 1, WORDS, NEAREST],
                              nearest: [HEADS + 1, WORDS, NEAREST, 'text']});
            chips.show(words, all.weights[head][word]);
            rows.show(words, all.weights[head][word]);
            fill(all);
            const looks = `looks at ${mostOf(words, all.weights[head][word])}`;
            return `In ${names[head]}, ${words[word]} ${looks}. ` +
                `After the layer it is nearest to ${all.nearest[HEADS][word][0]}.`;
        }, () => {
            chips.show(words, null);
            rows.show(words, null);
            fill(null);
        });
    }
    show();
    return ['Choose a word and switch the heads. What would each of them alone make of it?', show,
        sentenceChoice(sentences, i => { sentence = i; show(); }),
        choice('Head', names, 0, i => { head = i; show(); }).element, chips.element, rows.element,
        near.element, output];
}

part('heads', heads);
})();
