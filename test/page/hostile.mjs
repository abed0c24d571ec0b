// Texts that would be more than text on a careless page: 200 of them, all different.
const payloads = [
  '<script>boom()</script>', '<img src=x onerror=boom()>', '<svg onload=boom()>', '<iframe srcdoc="<script>parent.boom()</script>">',
  '"><script>boom()</script>', "';boom();//", '</textarea><script>boom()</script>', '<a href="javascript:boom()">x</a>',
  'javascript:boom()', 'data:text/html,<script>boom()</script>', 'https://example.org/"onmouseover="boom()', "https://example.org/'onmouseover='boom()",
  'https://user:pass@evil.example/', 'http://javascript:boom()@x/', 'HTTPS://EXAMPLE.ORG/<script>boom()</script>', 'https://[::1', 'https://%00/',
  '{{constructor.constructor("boom()")()}}', '${boom()}', '<%= boom() %>', '<style>*{display:none}</style>', '<link rel=stylesheet href=//evil.example>',
  '<meta http-equiv=refresh content="0;url=//evil.example">', '<base href=//evil.example>', '<form action=//evil.example><input name=q>', '<object data=javascript:boom()>',
  '<math><mtext><table><mglyph><style><img src=x onerror=boom()>', '<!--><img src=x onerror=boom()>-->', '<![CDATA[<script>boom()</script>]]>',
  '&lt;script&gt;boom()&lt;/script&gt;', '&#60;img src=x onerror=boom()&#62;', '\\u003cscript\\u003eboom()\\u003c/script\\u003e', '%3Cscript%3Eboom()%3C/script%3E',
  '<details open ontoggle=boom()>', '<video><source onerror=boom()>', '<body onload=boom()>', '<input autofocus onfocus=boom()>', '<marquee onstart=boom()>',
  '\u202egnp.exe\u202c <script>boom()</script>', '\u2066\u2067\u2068 left open', 'https://example.org/\u202egnp.exe', 'a\u0301\u0302\u0303\u0304\u0305'.repeat(40),
  '\u200b\u200c\u200d\ufeff only marks', 'שלום https://example.org/ עולם', 'مرحبا بالعالم', '👨‍👩‍👧‍👦🏳️‍🌈🇦🇹', '\ud83d\ude00'.repeat(50), 'x'.repeat(5000), '\n'.repeat(60) + 'end',
  `https://example.org/${'('.repeat(3000)}`, `https://example.org/${')'.repeat(3000)}`, 'https://a.'.repeat(400), '__proto__', 'constructor', 'toString', '[object Object]',
  'null', 'undefined', '0', 'false', '/quit', '@everyone', '\u0007\u001b[31mred\u001b[0m', '\u2028\u2029 separators', '\ufffd\ufffe\uffff',
];

export const hostile = Array.from({ length: 200 }, (_, i) => `${i} ${payloads[i % payloads.length]}`);
