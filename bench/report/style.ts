// How a report looks, light and dark; the only place that names colours.

export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1f2328; --faint: #59636e; --rule: #d8dee4; --raised: #f6f8fa;
  --good: #1a7f37; --bad: #b3261e; --warned: #fff8c5; --link: #0a58c4;
  --s0: #1f6feb; --s1: #bc4c00; --s2: #1a7f37; --s3: #8250df; --s4: #bf3989; --s5: #6e7781; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0d1117; --text: #e6edf3; --faint: #9198a1; --rule: #30363d; --raised: #161b22;
    --good: #3fb950; --bad: #ff7b72; --warned: #3a2f0b; --link: #79b8ff;
    --s0: #58a6ff; --s1: #f0883e; --s2: #3fb950; --s3: #bc8cff; --s4: #f778ba; --s5: #8b949e; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 900px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { margin: 0 0 4px; font-size: 28px; }
h2 { margin: 56px 0 8px; padding-top: 16px; border-top: 1px solid var(--rule); font-size: 22px; }
h3 { margin: 32px 0 8px; font-size: 16px; }
p { margin: 8px 0; max-width: 76ch; }
a { color: var(--link); }
code { font: 0.92em ui-monospace, monospace; background: var(--raised); padding: 1px 5px; border-radius: 4px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 20px 0; padding: 16px;
  background: var(--raised); border-radius: 8px; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
.faint, small { color: var(--faint); }
.note { padding: 10px 14px; border-left: 4px solid var(--s1); background: var(--warned); }
ul.note { max-width: 76ch; margin: 8px 0; list-style-position: inside; }
.failed { padding: 10px 14px; border-left: 4px solid var(--bad); background: var(--raised); white-space: pre-wrap;
  overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 0 6px 20px; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top;
  font-weight: normal; white-space: nowrap; }
th:first-child { width: 100%; min-width: 14ch; padding-left: 0; text-align: left; white-space: normal; }
thead th { color: var(--faint); vertical-align: bottom; }
td small, th small { display: block; font-size: 12px; line-height: 1.3; }
tr.beside th { padding-left: 16px; color: var(--faint); }
.within { color: var(--good); }
.above { color: var(--bad); }
figure { margin: 24px 0; }
figcaption { font-weight: 600; margin-bottom: 8px; }
svg { display: block; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--text); }
svg .value { paint-order: stroke; stroke: var(--ground); stroke-width: 3px; }
svg .mark, svg .axis { fill: var(--faint); }
svg line { stroke: var(--rule); stroke-width: 1; }
svg line.one { stroke: var(--text); stroke-dasharray: 4 3; }
svg line.whisker { stroke: var(--text); stroke-width: 1.2; }
svg polyline { fill: none; stroke-width: 2; }
${[0, 1, 2, 3, 4, 5].map((index) => `svg .s${index} { fill: var(--s${index}); } svg polyline.s${index} { fill: none; stroke: var(--s${index}); }`).join('\n')}
@media (max-width: 640px) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } main { padding: 20px 14px; }
  figure { overflow-x: auto; } svg { max-width: none; width: 640px; } }
@media print { h2 { break-before: page; } figure, tr { break-inside: avoid; } }
`;
