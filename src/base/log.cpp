#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/utf8.h"

namespace isocenter {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "info";
}

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made =
            std::make_shared<spdlog::logger>("isocenter", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->flush_on(spdlog::level::debug);
        return made;
    }();
    return *instance;
}

}  // namespace

LogField::LogField(std::string_view field, std::string_view text) : name(field), json(json_quote(text)) {}
LogField::LogField(std::string_view field, std::int64_t number)
    : name(field), json(fmt::format("{}", number)) {}
LogField::LogField(std::string_view field, std::uint64_t number)
    : name(field), json(fmt::format("{}", number)) {}
LogField::LogField(std::string_view field, double number)
    : name(field), json(fmt::format("{:.3f}", number)) {}

void configure_log(LogLevel least) {
    logger().set_level(to_spdlog(least));
}

void log_event(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
    if (!logger().should_log(to_spdlog(level))) return;
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":{})", to_iso8601(now_ticks()),
                                   name_of(level), json_quote(event));
    for (const LogField& field : fields) {
        line += ',';
        line += json_quote(field.name);
        line += ':';
        line += field.json;
    }
    line += '}';
    logger().log(to_spdlog(level), "{}", line);
}

std::string json_quote(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    append_json_escaped(out, text);
    out += '"';
    return out;
}

}  // namespace isocenter
