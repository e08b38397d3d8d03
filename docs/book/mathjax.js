MathJax.Hub.Config({messageStyle: "none", showMathMenu: false, SVG: {scale: 92, linebreaks: {automatic: false}}});
