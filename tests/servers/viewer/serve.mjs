// Serves a prepared viewer under /viewer/ and forwards /dicom-web and /wado to a DICOMweb server: one origin, as in the product.
//   node serve.mjs OUT PORT http://127.0.0.1:18042      OUT as written by prepare.mjs; DICOMWEB=/v2 names another root
// What is here is what the product's server will do once it ships the viewer.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [out, port, upstream] = [process.argv[2], Number(process.argv[3]), new URL(process.argv[4])];
const base = '/viewer/', dicomweb = process.env.DICOMWEB ?? '/dicom-web', oidc = process.env.OIDC ?? '';    // OIDC: an issuer, for login by the viewer itself
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.wasm': 'application/wasm',
  '.json': 'application/json', '.jsonc': 'application/json', '.webapp': 'application/manifest+json', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.woff2': 'font/woff2', '.xml': 'text/xml' };
// The page may not evaluate text. The decoders' workers must (their WebAssembly glue makes functions of text), and a worker
// obeys the policy that came with its own script: so scripts carry the wider one, which means nothing for the page.
const policy = evaluation => `default-src 'none'; script-src 'self' ${evaluation}; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self' blob: data: ${oidc}; media-src 'self' blob:; frame-src 'self' blob:; object-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'`;
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp', 'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': policy("'wasm-unsafe-eval'"), 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'same-origin',
};
const config = {
  routerBasename: '/viewer', showStudyList: true, extensions: [], modes: [], customizationService: {}, maxNumberOfWebWorkers: 3, showCPUFallbackMessage: true,
  showWarningMessageForCrossOrigin: true, showLoadingIndicator: true, strictZSpacingForVolumeViewport: true, investigationalUseDialog: { option: 'never' },
  maxNumRequests: { interaction: 100, thumbnail: 75, prefetch: 25 }, defaultDataSourceName: 'isocenter',
  ...(oidc && { oidc: [{ authority: oidc, client_id: 'console', redirect_uri: '/callback', response_type: 'code', scope: 'openid', post_logout_redirect_uri: '/', automaticSilentRenew: false, resource: 'http://archive.test/' }] }),
  dataSources: [{ namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'isocenter', configuration: {
    friendlyName: 'Isocenter', name: 'isocenter', qidoRoot: dicomweb, wadoRoot: dicomweb, wadoUriRoot: process.env.WADO ?? '/wado', qidoSupportsIncludeField: true,
    imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true, supportsFuzzyMatching: false, supportsWildcard: true, supportsStow: true,
    dicomUploadEnabled: true, staticWado: false, singlepart: 'bulkdata,video,pdf', bulkDataURI: { enabled: true }, omitQuotationForMultipartRequest: true } }],
};

function send(request, response, file) {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const variant = [['br', '.br'], ['gzip', '.gz']].find(([name, end]) => new RegExp(`\\b${name}\\b`).test(accepted) && fs.existsSync(file + end));
  const from = variant ? file + variant[1] : file, about = fs.statSync(from);
  const tag = `"${about.size.toString(36)}-${Math.floor(about.mtimeMs).toString(36)}"`;
  const fixed = /\.[0-9a-f]{16}\.js$|\/[0-9a-f]{16}\.(wasm|woff2)$/.test(file);          // named by content
  const all = { ...headers, 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream', Vary: 'Accept-Encoding', ETag: tag,
    ...(file.endsWith('.js') && { 'Content-Security-Policy': policy("'unsafe-eval'") }),
    'Cache-Control': fixed ? 'public, max-age=31536000, immutable' : 'no-cache', ...(variant && { 'Content-Encoding': variant[0] }) };
  if (request.headers['if-none-match'] === tag) { response.writeHead(304, all); return response.end(); }
  response.writeHead(200, { ...all, 'Content-Length': about.size });
  request.method === 'HEAD' ? response.end() : fs.createReadStream(from).pipe(response);
}

http.createServer((request, response) => {
  const at = decodeURIComponent(new URL(request.url, 'http://x').pathname);
  if ([dicomweb, '/wado'].some(root => at === root || at.startsWith(`${root}/`))) {
    const onward = http.request({ host: upstream.hostname, port: upstream.port, path: request.url, method: request.method, headers: request.headers }, answer => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
    onward.on('error', problem => { if (!response.headersSent) response.writeHead(502); response.end(String(problem)); });
    return request.pipe(onward);
  }
  if (at === '/' || at === '/viewer') { response.writeHead(302, { Location: base }); return response.end(); }
  if (!at.startsWith(base)) { response.writeHead(404); return response.end(); }
  if (at === `${base}app-config.js`) {
    const text = `window.config = ${JSON.stringify(config)};\n`;
    response.writeHead(200, { ...headers, 'Content-Type': types['.js'], 'Cache-Control': 'no-cache', ETag: `"${crypto.createHash('sha1').update(text).digest('hex')}"` });
    return response.end(text);
  }
  const file = path.join(out, path.normalize(at.slice(base.length - 1)));
  if (file.startsWith(out) && fs.existsSync(file) && fs.statSync(file).isFile()) return send(request, response, file);
  // A path of the viewer's own router (/viewer/viewer?StudyInstanceUIDs=...) gets the page; a missing file must stay 404.
  if (path.extname(at)) { response.writeHead(404, headers); return response.end(); }
  send(request, response, path.join(out, 'index.html'));
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}${base}`));
