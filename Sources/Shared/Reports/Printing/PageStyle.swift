/// How pages look; light and dark as the reader's machine is set.
enum PageStyle {
    static let sheet: StaticString = """
        :root{color-scheme:light dark}
        body{font:15px/1.5 system-ui,sans-serif;margin:0}
        main{max-width:900px;margin:2em auto;padding:0 1em}
        .badge{display:inline-block;padding:.1em .8em;border-radius:1em;color:#fff;background:#546e7a}
        .badge.pass{background:#2e7d32}
        .badge.fail{background:#c62828}
        .badge.inconclusive{background:#b26a00}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em}
        dt{opacity:.7}
        dd{margin:0;overflow-wrap:anywhere}
        table{border-collapse:collapse;width:100%;margin:1em 0}
        th,td{padding:.25em .6em;text-align:left;border-bottom:1px solid #8884;vertical-align:top}
        td.t{overflow-wrap:anywhere;min-width:8em}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        thead th{white-space:nowrap}
        tr.pass>td:first-child,li.pass>b{color:#2e7d32}
        tr.fail>td:first-child,li.fail>b{color:#c62828}
        tr.inconclusive>td:first-child,li.inconclusive>b{color:#b26a00}
        li>p,details>p{margin:.2em 0}
        pre{overflow-x:auto}
        svg{width:100%;height:auto}
        svg text{font:12px system-ui,sans-serif;fill:currentColor}
        .grid{stroke:#8883}
        .axis{stroke:currentColor}
        .threshold{stroke:currentColor;stroke-dasharray:3 3}
        figure{margin:1em 0}
        figcaption{opacity:.7;font-size:.9em}
        summary{cursor:pointer;opacity:.7}
        """
}
