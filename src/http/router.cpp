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
};

struct Router::Table {
    const Mount* mount = nullptr;
    std::map<std::size_t, std::vector<Row>> by_length;  ///< within a length, more literal rows first
};

namespace {

constexpr std::size_t kMaxSegments = 32;

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

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path, bool ignore_case) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_param(pattern[i]) ? path[i].empty() : !same(pattern[i], path[i], ignore_case)) return false;
    }
    return true;
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

Router::~Router() = default;

Router::Router(std::vector<Mount> mounts) : mounts_(std::move(mounts)) {
    for (const Mount& mount : mounts_) {
        Table table;
        table.mount = &mount;
        for (const Route& route : mount.routes) {
            Row row{&route, mount.prefix + route.pattern, {}};
            for (const std::string_view segment : split(route.pattern))
                row.segments.emplace_back(segment);
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
    std::vector<std::string> segments;
    for (const std::string_view segment : split(path.substr(table->mount->prefix.size()))) {
        auto decoded = percent_decode(segment);
        if (!decoded) {
            match.bad_escape = true;
            return match;
        }
        segments.push_back(*std::move(decoded));
    }
    const auto rows = table->by_length.find(segments.size());
    if (rows == table->by_length.end()) return match;
    std::vector<Method> methods;
    for (const Row& row : rows->second) {
        if (!fits(row.segments, segments, table->mount->case_insensitive)) continue;
        methods.push_back(row.route->method);
        if (match.route != nullptr || !serves(*row.route, method)) continue;
        match.route = row.route;
        match.pattern = row.pattern;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            const std::string& name = row.segments[i];
            if (is_param(name)) match.params.set(name.substr(1, name.size() - 2), segments[i]);
        }
    }
    match.allowed = allow_header(methods);
    return match;
}

}  // namespace isocenter::http
