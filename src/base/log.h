#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isocenter {

/// One member of a structured log line. Values are written as JSON strings or numbers; never put patient data
/// in one.
struct LogField {
    LogField(std::string_view field, std::string_view text);
    LogField(std::string_view field, const char* text) : LogField(field, std::string_view(text)) {}
    LogField(std::string_view field, std::int64_t number);
    LogField(std::string_view field, std::uint64_t number);
    LogField(std::string_view field, int number) : LogField(field, static_cast<std::int64_t>(number)) {}
    LogField(std::string_view field, unsigned number) : LogField(field, static_cast<std::uint64_t>(number)) {}
    LogField(std::string_view field, double number);
    std::string name;
    std::string json;  ///< the value, already JSON
};

enum class LogLevel { debug, info, warning, error };

/// Chooses where lines go (stderr) and the least level written. Call once at start.
void configure_log(LogLevel least);

/// Writes one JSON object as one line: time, level, event, fields in order. Thread-safe; does not block on a
/// slow reader longer than the write itself.
void log_event(LogLevel level, std::string_view event, const std::vector<LogField>& fields = {});

/// `text` as a JSON string with quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace isocenter
