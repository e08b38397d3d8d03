/* Chapter 3: one head at work on a word. */
(() => {
'use strict';

const {chapters, string, count, read, wordsOf, fixed, wordChoice, sentenceChoice, table,
       bars, message, mostOf, attempt, part} = LIVE;
const {WORDS, D_K} = LIVE.sizes;

function attention() {
    const columns = count(D_K).map(i => string(chapters.live_column(i))), output = message();
    const sentences = [wordsOf(0), wordsOf(1)];
    let sentence = 0, word = WORDS - 1;
    const chips = wordChoice('The word that asks', word, i => { word = i; show(); });
    const rows = bars('What it looks at', ['score', 'weight'], [2, 2]);
    const values = table('What becomes of it', columns, ['hands over', 'receives']);
    function fill(rows) {
        values.cells.forEach((cells, r) => cells.forEach((cell, c) => {
            cell.textContent = rows ? fixed(rows[r][c], 2) : '–';
        }));
    }
    function show() {
        const words = sentences[sentence];
        attempt(output, () => {
            const all = read(chapters.live_attention(sentence),
                             {scores: [WORDS, WORDS], weights: [WORDS, WORDS], values: [WORDS, D_K],
                              results: [WORDS, D_K]});
            chips.show(words, all.weights[word]);
            rows.show(words, all.scores[word], all.weights[word]);
            fill([all.values[word], all.results[word]]);
            return `${words[word]} looks at ${mostOf(words, all.weights[word])}.`;
        }, () => {
            chips.show(words, null);
            rows.show(words, null, null);
            fill(null);
        });
    }
    show();
    return ['Choose the word that asks. Then give bank the other sentence.', show,
        sentenceChoice(sentences, i => { sentence = i; show(); }), chips.element, rows.element,
        values.element, output];
}

part('attention', attention);
})();
