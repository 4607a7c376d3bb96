/// How pages look: light and dark as the reader's machine is set, and readable from 360 points of width on. Colours of
/// words have a contrast of at least 4.5 to their background in both schemes (WCAG 2.2, AA). What is wider than the
/// page scrolls in its own box, whose edge is shaded where there is more.
enum PageStyle {
    static let sheet: StaticString = """
        :root{color-scheme:light dark;--back:#fff;--ink:#1a1a1a;--soft:#595959;--rule:#8884;--shade:#0004;
        --pass:#2e7d32;--fail:#c62828;--open:#8a5300;--badge:#455a64;--on:#fff;--winner:#d81b60;
        --line-0:#1565c0;--line-1:#6a1b9a;--line-2:#00796b;--line-3:#5d4037;--line-4:#455a64;--line-5:#827717}
        @media(prefers-color-scheme:dark){:root{--back:#121212;--ink:#ececec;--soft:#a8a8a8;--shade:#fff4;
        --pass:#81c784;--fail:#ef9a9a;--open:#ffb74d;--badge:#b0bec5;--on:#121212;--winner:#f48fb1;
        --line-0:#64b5f6;--line-1:#ce93d8;--line-2:#4db6ac;--line-3:#bcaaa4;--line-4:#b0bec5;--line-5:#dce775}}
        *{box-sizing:border-box}
        body{font:15px/1.5 system-ui,sans-serif;margin:0;background:var(--back);color:var(--ink)}
        main{max-width:1080px;margin:2em auto;padding:0 1em}
        h1,h2{line-height:1.25;overflow-wrap:break-word}
        .id{white-space:nowrap}
        .badge{display:inline-block;padding:.1em .8em;border-radius:1em;color:var(--on);background:var(--badge)}
        .badge.pass{background:var(--pass)}
        .badge.fail{background:var(--fail)}
        .badge.inconclusive{background:var(--open)}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em}
        dt{color:var(--soft)}
        dd{margin:0;overflow-wrap:anywhere}
        table{border-collapse:collapse;width:100%;margin:1em 0}
        th,td{padding:.25em .6em;text-align:left;border-bottom:1px solid var(--rule);vertical-align:top}
        td.t{min-width:12em}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        thead th{white-space:nowrap}
        tr.pass>td:first-child,li.pass>b{color:var(--pass)}
        tr.fail>td:first-child,li.fail>b{color:var(--fail)}
        tr.inconclusive>td:first-child,li.inconclusive>b,li.warning>b{color:var(--open)}
        ul{padding-left:1.2em}
        li>p,details>p{margin:.2em 0;overflow-wrap:break-word}
        details{margin:.3em 0}
        summary{cursor:pointer;color:var(--soft)}
        main>details,section>details{margin:.8em 0}
        main>details>summary,section>details>summary{color:var(--ink);font-size:1.1em;font-weight:600}
        pre{overflow-x:auto}
        .wide,figure{overflow-x:auto;background:linear-gradient(to right,var(--back) 40%,transparent),
        linear-gradient(to left,var(--back) 40%,transparent) 100% 0,
        linear-gradient(to right,var(--shade),transparent),
        linear-gradient(to left,var(--shade),transparent) 100% 0;background-repeat:no-repeat;
        background-size:2em 100%,2em 100%,.6em 100%,.6em 100%;background-attachment:local,local,scroll,scroll}
        figure{margin:1em 0}
        figcaption{color:var(--soft);font-size:.9em}
        svg{width:100%;height:auto}
        svg text{font:12px system-ui,sans-serif;fill:currentColor}
        .grid{stroke:var(--rule)}
        svg .axis{stroke:currentColor}
        .forest p{margin:0}
        .forest .axis{font-weight:600;margin-top:1em}
        .forest .name{margin-top:.4em;font-size:.9em}
        .track,.ticks{position:relative;margin:0 8px}
        .track{height:18px;border-bottom:1px solid var(--rule)}
        .ticks{height:1.6em;color:var(--soft);font-size:.85em}
        .ticks span{position:absolute;transform:translateX(-50%)}
        .track i{position:absolute;top:0;height:18px}
        .track .zero{border-left:1px solid var(--ink)}
        .track .limit{border-left:2px dashed var(--soft)}
        .track .bar{top:7px;height:4px;background:var(--badge)}
        .track .dot{top:4px;width:10px;height:10px;margin-left:-5px;border-radius:5px;background:var(--badge)}
        .track .pass{background:var(--pass)}
        .track .fail{background:var(--fail)}
        .track .inconclusive{background:var(--open)}
        .cards td:nth-child(2){min-width:13em}
        @media(max-width:1000px){
        .cards,.cards tbody{display:block}
        .cards thead{display:none}
        .cards tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5em,1fr));gap:.2em .8em;padding:.6em 0;
        border-bottom:1px solid var(--rule)}
        .cards td{border:0;padding:0}
        .cards td:nth-child(-n+2){grid-column:1/-1}
        .cards td.n{text-align:left}
        .cards td.n::before{content:attr(data-name);display:block;color:var(--soft);font-size:.85em}
        .cards td.none{display:none}
        }
        @media(max-width:640px){
        main{margin:1em auto}
        dl{grid-template-columns:1fr;gap:0}
        dd{margin-bottom:.4em}
        th,td{padding:.25em .3em}
        td.t{min-width:6em}
        thead th{font-size:.75em}
        svg{min-width:600px}
        }
        """
}
