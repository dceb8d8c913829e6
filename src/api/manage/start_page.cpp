#include "api/manage/start_page.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <utility>

#include "api/html.h"
#include "base/digest.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ink:#16202b;--mute:#55636f;--back:#f6f8f9;--card:#fff;--line:#d8dfe4;--accent:#0b6e75}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebef;--mute:#a3b0ba;--back:#10161b;--card:#182027;
--line:#2d3943;--accent:#5cc7ce}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--back)}
main,header{max-width:64rem;margin:0 auto;padding:1rem 1.25rem}
header{padding-top:2.5rem}h1{font-size:2rem;margin:0;letter-spacing:-.02em}h2{font-size:1.15rem;margin:0 0 .75rem}
p{margin:.25rem 0;color:var(--mute)}a{color:var(--accent)}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin:0 0 1rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:1rem;margin:0}
dt{color:var(--mute);font-size:.875rem}dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}
dl.list{grid-template-columns:max-content 1fr;gap:.25rem 1rem}dl.list dd{font-size:1rem;overflow-wrap:anywhere}
h3{font-size:.95rem;margin:1rem 0 .25rem}
pre{margin:0;padding:.75rem;border-radius:.5rem;background:var(--back);border:1px solid var(--line);overflow-x:auto}
code{font:.875rem/1.5 ui-monospace,monospace}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--mute);font-size:.875rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
)css";

// Values are put into the page as text nodes only: names come from whoever stored the images.
constexpr std::string_view kScript = R"js(
(function(){
var note=document.getElementById('note'),body=document.getElementById('rows');
function value(s,t){var a=s[t];if(!a||!a.Value||!a.Value.length)return'';var v=a.Value[0];
return v&&typeof v==='object'?(v.Alphabetic||v.Ideographic||v.Phonetic||''):String(v);}
fetch('dicom-web/studies?limit=10',{headers:{Accept:'application/dicom+json'}}).then(function(r){
if(!r.ok)throw new Error('HTTP '+r.status);return r.json();}).then(function(list){
list.forEach(function(s){var row=document.createElement('tr'),all=s['00080061']&&s['00080061'].Value;
[value(s,'00100010'),value(s,'00100020'),value(s,'00080020'),(all||[]).join(', '),value(s,'00201208')]
.forEach(function(t){var cell=document.createElement('td');cell.textContent=t;row.appendChild(cell);});
body.appendChild(row);});
note.textContent=list.length?'':'Nothing is stored yet.';}).catch(function(e){
note.textContent='The list could not be read ('+e.message+').';});
})();
)js";

constexpr std::string_view kIcon =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" )"
    R"(fill="#0b6e75"/><circle cx="16" cy="16" r="8.5" fill="none" stroke="#fff" stroke-width="2"/>)"
    R"(<path d="M16 3v26M3 16h26" stroke="#fff" stroke-width="1.5"/><circle cx="16" cy="16" r="2.5" )"
    R"(fill="#fff"/></svg>)";

std::string base64(ByteView bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group =
                (group << 8U) | (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k > bytes.size() ? '=' : kDigits[(group >> (18U - 6U * k)) & 63U];
    }
    return out;
}

std::string csp_digest(std::string_view text) {
    Sha256Stream stream;
    stream.write(as_bytes(text));
    const Sha256 digest = stream.finish();
    return "'sha256-" + base64(std::as_bytes(std::span(digest))) + "'";
}

void append_facts(std::string& out, const Result<index::Totals>& totals) {
    out += "<section aria-labelledby=\"stored\"><h2 id=\"stored\">Stored</h2>";
    if (!totals) {
        out += "<p role=\"alert\">The index does not answer at the moment.</p></section>";
        return;
    }
    const std::array<std::pair<std::string_view, std::string>, 5> rows{{
        {"Studies", std::to_string(totals->studies)},
        {"Series", std::to_string(totals->series)},
        {"Instances", std::to_string(totals->instances)},
        {"Size", to_size_text(totals->bytes)},
        {"Change feed entries", std::to_string(totals->newest_sequence)},
    }};
    out += "<dl>";
    for (const auto& [label, text] : rows)
        out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", label, text);
    out += "</dl></section>";
}

void append_addresses(std::string& out, const std::string& base) {
    out += "<section aria-labelledby=\"faces\"><h2 id=\"faces\">Addresses</h2><dl class=\"list\">";
    out += "<dt>DICOMweb, current standard</dt><dd><code>" + base + "/dicom-web</code></dd>";
    out += "<dt>DICOMweb, v1 and v2</dt><dd><code>" + base + "/v1</code>, <code>" + base + "/v2</code></dd>";
    out +=
        "<dt>Descriptions</dt><dd><a href=\"dicom-web/api.json\">OpenAPI of /dicom-web</a>, "
        "<a href=\"v1/api.json\">of /v1</a>, <a href=\"v2/api.json\">of /v2</a>, "
        "<a href=\"api.json\">of the rest</a></dd>"
        "<dt>State</dt><dd><a href=\"health/check\">health</a>, <a href=\"health/ready\">readiness</a>, "
        "<a href=\"metrics\">metrics</a></dd></dl></section>";
}

void append_commands(std::string& out, const std::string& base) {
    const std::array<std::pair<std::string_view, std::string>, 5> rows{{
        {"Store a file",
         "curl -H 'Content-Type: application/dicom' -H 'Accept: application/dicom+json' "
         "--data-binary @image.dcm " +
             base + "/dicom-web/studies"},
        {"Search for studies", "curl '" + base + "/dicom-web/studies?PatientName=DOE*&amp;limit=10'"},
        {"Retrieve the metadata of a study", "curl " + base + "/dicom-web/studies/STUDY_UID/metadata"},
        {"Retrieve one file", "curl -H 'Accept: application/dicom; transfer-syntax=*' -o image.dcm " + base +
                                  "/dicom-web/studies/STUDY_UID/series/SERIES_UID/instances/SOP_UID"},
        {"Follow what changes",
         "curl '" + base + "/dicom-web/changefeed?cursor=0&amp;limit=100&amp;wait=30'"},
    }};
    out += "<section aria-labelledby=\"use\"><h2 id=\"use\">Use</h2>";
    for (const auto& [title, command] : rows)
        out += fmt::format("<h3>{}</h3><pre tabindex=\"0\"><code>{}</code></pre>", title, command);
    out += "</section>";
}

}  // namespace

std::string to_duration_text(std::uint64_t seconds) {
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min", seconds / 60);
    if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

std::string to_size_text(std::uint64_t bytes) {
    constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    std::size_t unit = 0;
    auto size = static_cast<double>(bytes);
    for (; size >= 1000 && unit + 1 < kUnits.size(); ++unit)
        size /= 1000;
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", size, kUnits[unit]);
}

http::Response start_page(const StartPageFacts& facts) {
    const std::string base = html_escape(facts.base_url);
    std::string out =
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\"><title>Isocenter</title><link rel=\"icon\" "
        "href=\"favicon.svg\" type=\"image/svg+xml\"><style>";
    out += kStyle;
    out += "</style></head><body><header><h1>Isocenter</h1><p>DICOMweb archive, version " +
           html_escape(facts.version) + ", running for " + facts.uptime + "</p></header><main>";
    append_facts(out, facts.totals);
    append_addresses(out, base);
    out +=
        "<section aria-labelledby=\"latest\"><h2 id=\"latest\">Latest studies</h2><div "
        "class=\"scroll\"><table>"
        "<thead><tr><th scope=\"col\">Patient</th><th scope=\"col\">ID</th><th scope=\"col\">Date</th>"
        "<th scope=\"col\">Modalities</th><th scope=\"col\">Instances</th></tr></thead><tbody "
        "id=\"rows\"></tbody>"
        "</table></div><p id=\"note\" role=\"status\">Reading the list &hellip;</p>"
        "<noscript><p>The list needs a script.</p></noscript></section>";
    append_commands(out, base);
    out += "</main><script>";
    out += kScript;
    out += "</script></body></html>\n";
    http::Response response = http::text_response(200, "text/html; charset=utf-8", std::move(out));
    response.headers.set("Content-Security-Policy",
                         "default-src 'none'; connect-src 'self'; img-src 'self'; style-src " +
                             csp_digest(kStyle) + "; script-src " + csp_digest(kScript) +
                             "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response.headers.set("Cache-Control", "no-cache");
    return response;
}

http::Response favicon() {
    http::Response response = http::text_response(200, "image/svg+xml", std::string(kIcon));
    response.headers.set("Cache-Control", "max-age=86400");
    return response;
}

}  // namespace isocenter::api
