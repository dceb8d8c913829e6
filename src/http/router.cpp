#include "http/router.h"

#include <algorithm>
#include <map>

#include "http/ascii.h"
#include "http/url.h"

namespace isocenter::http {

struct Router::Row {
    const Route* route = nullptr;
    std::string pattern;
    std::vector<std::string> segments;  ///< literal, or "{name}"
    std::string tail;                   ///< name of the parameter that takes the rest; empty: none
};

struct Router::Table {
    const Mount* mount = nullptr;
    std::map<std::size_t, std::vector<Row>> by_length;  ///< within a length, more literal rows first
    std::vector<Row> with_tail;
};

namespace {

constexpr std::size_t kMaxSegments = 256;
constexpr std::string_view kTail = "...}";

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> out;
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.ends_with('/')) path.remove_suffix(1);
    while (!path.empty() && out.size() <= kMaxSegments) {
        const std::size_t slash = path.find('/');
        out.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
        if (path.empty()) out.emplace_back();
    }
    return out;
}

bool is_param(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool same(std::string_view a, std::string_view b, bool ignore_case) {
    return ignore_case ? equals_ignore_case(a, b) : a == b;
}

bool serves(const Route& route, Method method) {
    return route.method == method || (route.method == Method::get && method == Method::head);
}

std::string allow_header(const std::vector<Method>& methods) {
    std::string out;
    for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::delete_,
                                Method::options, Method::patch}) {
        const bool here = std::any_of(methods.begin(), methods.end(), [method](Method m) {
            return m == method || (m == Method::get && method == Method::head);
        });
        if (!here) continue;
        if (!out.empty()) out += ", ";
        out += to_string(method);
    }
    return out;
}

}  // namespace

/// One path that is looked for, and what was found so far.
struct Router::Lookup {
    Method method;
    bool ignore_case;
    std::vector<std::string> segments;
    std::vector<Method> methods;  ///< of all rows that fit

    bool fits(const Row& row) const {
        if (!row.tail.empty() && segments.size() <= row.segments.size()) return false;
        for (std::size_t i = 0; i < row.segments.size(); ++i) {
            const std::string& expected = row.segments[i];
            if (is_param(expected) ? segments[i].empty() : !same(expected, segments[i], ignore_case))
                return false;
        }
        return true;
    }
    void look_in(const std::vector<Row>& rows, Match& match) {
        for (const Row& row : rows) {
            if (!fits(row)) continue;
            methods.push_back(row.route->method);
            if (match.route == nullptr && serves(*row.route, method)) take(row, match);
        }
    }
    void take(const Row& row, Match& match) const {
        match.route = row.route;
        match.pattern = row.pattern;
        for (std::size_t i = 0; i < row.segments.size(); ++i) {
            const std::string& name = row.segments[i];
            if (is_param(name)) match.params.set(name.substr(1, name.size() - 2), segments[i]);
        }
        if (row.tail.empty()) return;
        std::string rest = segments[row.segments.size()];
        for (std::size_t i = row.segments.size() + 1; i < segments.size(); ++i)
            rest += '/' + segments[i];
        match.params.set(row.tail, std::move(rest));
    }
};

Router::~Router() = default;

Router::Router(std::vector<Mount> mounts) : mounts_(std::move(mounts)) {
    for (const Mount& mount : mounts_) {
        Table table;
        table.mount = &mount;
        for (const Route& route : mount.routes) {
            Row row{&route, mount.prefix + route.pattern, {}, {}};
            for (const std::string_view segment : split(route.pattern))
                row.segments.emplace_back(segment);
            if (!row.segments.empty() && row.segments.back().ends_with(kTail)) {
                const std::string last = std::move(row.segments.back());
                row.segments.pop_back();
                row.tail = last.substr(1, last.size() - kTail.size() - 1);
                table.with_tail.push_back(std::move(row));
                continue;
            }
            table.by_length[row.segments.size()].push_back(std::move(row));
        }
        for (auto& [length, rows] : table.by_length) {
            std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
                for (std::size_t i = 0; i < a.segments.size(); ++i) {
                    if (is_param(a.segments[i]) != is_param(b.segments[i])) return is_param(b.segments[i]);
                }
                return false;
            });
        }
        tables_.push_back(std::move(table));
    }
    std::stable_sort(tables_.begin(), tables_.end(), [](const Table& a, const Table& b) {
        return a.mount->prefix.size() > b.mount->prefix.size();
    });
}

Match Router::find(Method method, std::string_view path) const {
    Match match;
    const Table* table = nullptr;
    for (const Table& candidate : tables_) {
        const std::string& prefix = candidate.mount->prefix;
        if (path.size() < prefix.size() || (path.size() > prefix.size() && path[prefix.size()] != '/'))
            continue;
        if (!same(path.substr(0, prefix.size()), prefix, candidate.mount->case_insensitive)) continue;
        table = &candidate;
        break;
    }
    if (table == nullptr) return match;
    match.mount = table->mount;
    Lookup lookup{method, table->mount->case_insensitive, {}, {}};
    for (const std::string_view segment : split(path.substr(table->mount->prefix.size()))) {
        auto decoded = percent_decode(segment);
        if (!decoded) {
            match.bad_escape = true;
            return match;
        }
        lookup.segments.push_back(*std::move(decoded));
    }
    if (lookup.segments.size() > kMaxSegments) return match;
    const auto rows = table->by_length.find(lookup.segments.size());
    if (rows != table->by_length.end()) lookup.look_in(rows->second, match);
    if (lookup.methods.empty()) lookup.look_in(table->with_tail, match);
    match.allowed = allow_header(lookup.methods);
    return match;
}

std::string Router::methods() const {
    std::vector<Method> methods{Method::options};
    for (const Mount& mount : mounts_) {
        for (const Route& route : mount.routes)
            methods.push_back(route.method);
    }
    return allow_header(methods);
}

std::string path_template(std::string_view pattern) {
    std::string text(pattern);
    if (text.ends_with(kTail)) text.replace(text.size() - kTail.size(), kTail.size(), "}");
    return text;
}

}  // namespace isocenter::http
