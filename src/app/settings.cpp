#include "app/settings.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <regex>
#include <sstream>

#include "api/dicomweb/date_time_pairs.h"
#include "app/cast_targets.h"
#include "app/reference_settings.h"
#include "app/settings_table.h"
#include "http/base_url.h"

namespace isocenter::app {
namespace {

constexpr std::string_view kVariablePrefix = "ISOCENTER_";

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

/// The row whose name, as `name_of` gives it, is most like `name`.
template <class NameOf>
const SettingRow& nearest_row(std::string_view name, const NameOf& name_of) {
    const auto& rows = setting_rows();
    return *std::min_element(rows.begin(), rows.end(), [&](const SettingRow& a, const SettingRow& b) {
        return edit_distance(name_of(a), name) < edit_distance(name_of(b), name);
    });
}

Error refuse_value(const SettingRow& row, std::string_view value, std::string_view origin) {
    return fail(ErrorCode::invalid_request, fmt::format("{}: {} = \"{}\" is not allowed; it must be {}",
                                                        origin, row.key, value, row.allowed()));
}

bool is_choice(std::string_view choices, std::string_view value) {
    while (!choices.empty()) {
        const std::size_t bar = std::min(choices.find('|'), choices.size());
        if (choices.substr(0, bar) == value) return true;
        choices.remove_prefix(std::min(bar + 1, choices.size()));
    }
    return false;
}

std::vector<std::string> split_list(std::string_view value) {
    std::vector<std::string> members;
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        std::string_view member = value.substr(0, comma);
        while (!member.empty() && member.front() == ' ')
            member.remove_prefix(1);
        while (!member.empty() && member.back() == ' ')
            member.remove_suffix(1);
        if (!member.empty()) members.emplace_back(member);
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return members;
}

struct Assigner {
    Settings& settings;
    const SettingRow& row;
    std::string_view value;
    std::string_view origin;

    Status operator()(const SettingRow::Number& number) const {
        std::uint64_t parsed = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
        const bool whole = error == std::errc() && end == value.data() + value.size();
        if (!whole || parsed < number.least || parsed > number.most) return refuse_value(row, value, origin);
        settings.*number.field = parsed;
        return {};
    }
    Status operator()(const SettingRow::Text& text) const {
        if (!text.choices.empty() && !is_choice(text.choices, value)) return refuse_value(row, value, origin);
        settings.*text.field = std::string(value);
        return {};
    }
    Status operator()(const SettingRow::Flag& flag) const {
        if (value != "true" && value != "false") return refuse_value(row, value, origin);
        settings.*flag.field = value == "true";
        return {};
    }
    Status operator()(const SettingRow::List& list) const {
        if (value.starts_with('[') && value.ends_with(']'))
            return fail(ErrorCode::invalid_request,
                        fmt::format("{}: {} = {}: here a list is written as in {}=a,b: {}", origin, row.key,
                                    value, row.key, kListsInOneText));
        settings.*list.field = split_list(value);
        return {};
    }
};

/// A TOML value as assign_setting takes it; nothing for dates and nested tables.
std::optional<std::string> as_assignment(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
    if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
    if (const auto* array = node.as_array()) {
        std::string joined;
        for (const toml::node& member : *array) {
            const auto text = member.value_exact<std::string>();
            if (!text) return std::nullopt;
            joined += (joined.empty() ? "" : ",") + *text;
        }
        return joined;
    }
    return std::nullopt;
}

/// Of a value that as_assignment does not take.
Error refuse_kind(const std::string& key, const toml::node& node, const std::string& origin) {
    const auto& rows = setting_rows();
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const SettingRow& each) { return each.key == key; });
    std::string message = fmt::format("{}: {} ", origin, key);
    message +=
        node.is_array() ? "has a member that is no text" : "has a value of a kind that no setting takes";
    if (row != rows.end()) message += "; it must be " + row->allowed();
    return fail(ErrorCode::invalid_request, message);
}

Status apply_section(Settings& settings, std::string_view section, const toml::table& table,
                     const std::string& file) {
    for (const auto& [name, node] : table) {
        const std::string origin = fmt::format("{}, line {}", file, node.source().begin.line);
        const std::string key = fmt::format("{}.{}", section, name.str());
        const auto* inner = node.as_table();
        if (inner != nullptr && (key + '.').starts_with(kTargetPrefix)) {
            ISO_CHECK(apply_section(settings, key, *inner, file));
            continue;
        }
        const auto value = as_assignment(node);
        if (!value) return refuse_kind(key, node, origin);
        ISO_CHECK(assign_setting(settings, key, *value, origin));
    }
    return {};
}

Status apply_file(Settings& settings, const std::string& file) {
    toml::table document;
    if (access(file.c_str(), R_OK) != 0)
        return fail(ErrorCode::invalid_request,
                    fmt::format("{} cannot be read: {}", file, std::strerror(errno)));
    try {
        document = toml::parse_file(file);
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::invalid_request,
                    fmt::format("{}, line {}: {}", file, error.source().begin.line, error.description()));
    }
    for (const auto& [section, node] : document) {
        const auto* table = node.as_table();
        if (table == nullptr) {
            return fail(ErrorCode::invalid_request,
                        fmt::format("{}, line {}: {} stands outside of a [section]", file,
                                    node.source().begin.line, section.str()));
        }
        ISO_CHECK(apply_section(settings, section.str(), *table, file));
    }
    return {};
}

/// Whether an orchestrator set the variable because a service is called isocenter: NAME_SERVICE_HOST,
/// NAME_SERVICE_PORT[_PORTNAME], NAME_PORT=tcp://..., NAME_PORT_8080_TCP[_PROTO|_PORT|_ADDR].
bool names_a_service(const std::string& name, const std::string& value) {
    static const std::regex service("ISOCENTER(_[A-Z0-9_]+)?_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)");
    static const std::regex link("ISOCENTER(_[A-Z0-9_]+)?_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");
    static const std::regex address("(tcp|udp|sctp)://.*");
    return std::regex_match(name, service) || std::regex_match(name, link) ||
           (name.ends_with("_PORT") && std::regex_match(value, address));
}

/// A setting in the words of the reference; nothing when it is none of its.
std::optional<Status> assign_reference_setting(Settings& settings, std::string_view name,
                                               std::string_view value, std::string_view origin) {
    const auto translated = translate_reference_setting(name, value, origin);
    if (!translated) return std::nullopt;
    if (!*translated) return translated->error();
    const TranslatedSetting& setting = **translated;
    if (!setting.key.empty()) return assign_setting(settings, setting.key, setting.value, origin);
    std::vector<LogField> fields{{"name", name}};
    if (!setting.instead.empty()) fields.push_back({"instead", setting.instead});
    log_event(LogLevel::warning, "setting_without_effect", fields);
    return Status();
}

Status apply_environment(Settings& settings, const Environment& environment) {
    // Those of the reference first: where both are given, ours win.
    for (const auto& [name, value] : environment) {
        if (const auto done = assign_reference_setting(settings, name, value, name)) ISO_CHECK(*done);
    }
    for (const auto& [name, value] : environment) {
        if (!name.starts_with(kVariablePrefix)) continue;
        const auto& rows = setting_rows();
        const auto row = std::find_if(rows.begin(), rows.end(), [&wanted = name](const SettingRow& each) {
            return each.variable() == wanted;
        });
        if (row != rows.end()) {
            ISO_CHECK(assign_setting(settings, row->key, value, name));
        } else if (!names_a_service(name, value)) {
            const SettingRow& nearest =
                nearest_row(name, [](const SettingRow& each) { return each.variable(); });
            return fail(ErrorCode::invalid_request,
                        fmt::format("environment: there is no setting {}; did you mean {}? `isocenter "
                                    "settings` lists all",
                                    name, nearest.variable()));
        }
    }
    return {};
}

}  // namespace

Environment process_environment() {
    Environment found;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view assignment(*entry);
        const std::size_t equals = assignment.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view name = assignment.substr(0, equals);
        if (name.starts_with(kVariablePrefix) || translate_reference_setting(name, "", name))
            found.emplace(name, assignment.substr(equals + 1));
    }
    return found;
}

Status assign_setting(Settings& settings, std::string_view key, std::string_view value,
                      std::string_view origin) {
    if (key.starts_with(kTargetPrefix)) return assign_target_setting(settings, key, value, origin);
    for (const SettingRow& row : setting_rows()) {
        if (row.key == key) return std::visit(Assigner{settings, row, value, origin}, row.kind);
    }
    if (const auto done = assign_reference_setting(settings, key, value, origin)) return *done;
    return fail(
        ErrorCode::invalid_request,
        fmt::format("{}: there is no setting {}; did you mean {}? `isocenter settings` lists all", origin,
                    key, nearest_row(key, [](const SettingRow& each) { return each.key; }).key));
}

namespace {

bool is_ip_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

/// A member that never equals what requests say would silently do nothing: proxies are written as peers are.
Status check_lists(Settings& settings) {
    for (std::string& proxy : settings.trusted_proxies) {
        const auto address = http::canonical_address(proxy);
        if (!address)
            return fail(
                ErrorCode::invalid_request,
                fmt::format("server.trusted_proxies: \"{}\" is no IP address such as 10.0.0.5", proxy));
        proxy = *address;
    }
    for (const std::string& origin : settings.cors_origins) {
        if (origin != "*" && !http::is_origin(origin))
            return fail(ErrorCode::invalid_request,
                        fmt::format("cors.origins: \"{}\" is neither * nor an origin as browsers send it: "
                                    "https://viewer.example or http://localhost:3000, in lower case and "
                                    "without a path",
                                    origin));
    }
    return {};
}

/// What the rules of single rows cannot say.
Status check_values(const Settings& settings) {
    if (settings.tls_certificate_file.empty() != settings.tls_key_file.empty())
        return fail(ErrorCode::invalid_request,
                    "tls.certificate_file and tls.key_file must be given together");
    if (!is_ip_address(settings.address))
        return fail(ErrorCode::invalid_request,
                    fmt::format("server.address: \"{}\" is no IP address", settings.address));
    if (!settings.public_url.empty() && !http::is_base_url(settings.public_url))
        return fail(ErrorCode::invalid_request,
                    fmt::format("server.public_url: \"{}\" is no address such as https://pacs.example or "
                                "https://pacs.example/images",
                                settings.public_url));
    if (!api::read_zone(settings.site_utc_offset))
        return fail(ErrorCode::invalid_request,
                    fmt::format("search.site_utc_offset: \"{}\" is none of -1200 to +1400 (+HHMM or -HHMM)",
                                settings.site_utc_offset));
    return {};
}

}  // namespace

Result<Settings> load_settings(const std::string& file, const Environment& environment,
                               const Assignments& overrides) {
    Settings settings;
    if (!file.empty()) ISO_CHECK(apply_file(settings, file));
    ISO_CHECK(apply_environment(settings, environment));
    for (const auto& [key, value] : overrides)
        ISO_CHECK(assign_setting(settings, key, value, "command line"));
    ISO_CHECK(check_lists(settings));
    ISO_CHECK(check_values(settings));
    return settings;
}

LogLevel log_level_of(const std::string& name) {
    if (name == "debug") return LogLevel::debug;
    if (name == "warning") return LogLevel::warning;
    if (name == "error") return LogLevel::error;
    return LogLevel::info;
}

std::string settings_as_markdown() {
    std::string out =
        "# Configuration reference\n\n"
        "Made by `isocenter settings` from `src/app/settings.def`. Every setting has a default "
        "that serves one\n"
        "machine: no file is needed. The later wins: default, file (`isocenter serve --config FILE`), "
        "environment variable,\n"
        "command line (`--set section.name=value`). An unknown key or variable, or a value that is not "
        "allowed, is\n"
        "refused at start.\n\n"
        "Lists are written as TOML in the file, `origins = [\"https://a.example\", \"https://b.example\"]`, "
        "and with commas in the environment\n"
        "and on the command line, without brackets and quotes: `--set "
        "cors.origins=https://a.example,https://b.example`.\n";
    std::string section;
    for (const SettingRow& row : setting_rows()) {
        if (row.section() != section) {
            section = row.section();
            out += fmt::format(
                "\n## [{}]\n\n| Key | Default | Allowed | Environment | Meaning |\n|---|---|---|---|---|\n",
                section);
        }
        out += fmt::format("| `{}` | `{}` | {} | `{}` | {} |\n", row.name(), row.default_toml(),
                           row.allowed(), row.variable(), row.help);
    }
    return out;
}

std::string settings_as_toml() {
    std::string out =
        "# Isocenter configuration. Every line that is commented out shows the default; nothing here is "
        "needed to start.\n"
        "# Environment variables (ISOCENTER_SECTION_NAME) and the command line override this file; they have "
        "lists with\n"
        "# commas: ISOCENTER_CORS_ORIGINS=https://a.example,https://b.example\n";
    std::string section;
    for (const SettingRow& row : setting_rows()) {
        if (row.section() != section) {
            section = row.section();
            out += fmt::format("\n[{}]\n", section);
        }
        out += fmt::format("# {}\n# Allowed: {}. Environment: {}\n# {} = {}\n", row.help, row.allowed(),
                           row.variable(), row.name(), row.default_toml());
    }
    return out;
}

}  // namespace isocenter::app
