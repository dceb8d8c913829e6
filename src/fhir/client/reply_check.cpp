#include "fhir/client/reply_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "base/utf8.h"
#include "fhir/json_members.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestText = 4000;
/// A server that asks for more is asked again all the same: a slip of it must not stop the bridge for good.
constexpr std::chrono::seconds kLongestRetryAfter{3600};

void append_text(std::string& out, const json::value* value) {
    if (value == nullptr || !value->is_string() || value->get_string().empty()) return;
    if (!out.empty()) out += "; ";
    out += std::string_view(value->get_string());
}

const json::object* member_object(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

bool is_error(const json::value& issue) {
    if (!issue.is_object()) return false;
    const std::string severity = text_member(issue.get_object(), "severity");
    return severity == "error" || severity == "fatal";
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

/// Seconds, or a date. A date is compared with the reply's own, so that clocks that differ do no harm.
std::optional<std::chrono::seconds> retry_after_of(const net::HttpReply& reply) {
    const std::string_view text = reply.header("retry-after");
    if (text.empty()) return std::nullopt;
    std::int64_t wait = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wait);
    if (error != std::errc() || end != text.data() + text.size()) {
        const auto until = net::parse_http_date(std::string(text));
        if (!until) return std::nullopt;
        const auto sent = net::parse_http_date(std::string(reply.header("date")));
        wait = *until - sent.value_or(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
    }
    return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, kLongestRetryAfter.count()));
}

/// 409 and 412 both mean lost races on some server; the same numbers also stand for what no repetition cures.
/// Only the text tells them apart: HAPI's message numbers and the code of the issue.
FailureKind kind_of_conflict(unsigned status, std::string_view text, bool deletes) {
    if (status == 412 &&
        contains_any(text, {"HAPI-0958", "HAPI-0539", "multiple-matches", "ultiple matches"}))
        return FailureKind::refused;
    if (status == 409 && deletes && contains_any(text, {"HAPI-0515", "has reference", "has a reference"}))
        return FailureKind::referenced;
    return FailureKind::conflict;
}

FailureKind kind_of_status(unsigned status, std::string_view text, bool deletes) {
    if (status == 401) return FailureKind::target_down;
    if (status == 409 || status == 412) return kind_of_conflict(status, text, deletes);
    // FHIR knows no redirections: a gateway sends elsewhere whoever it will not let through now.
    const bool redirected = status >= 300 && status < 400;
    const bool passing = redirected || status == 403 || status == 408 || status == 429 || status >= 500;
    return passing ? FailureKind::transient : FailureKind::refused;
}

/// Three digits, alone or before a space.
std::optional<unsigned> parse_status(std::string_view text) {
    if (text.size() < 3 || !all_digits(text.substr(0, 3))) return std::nullopt;
    if (text.size() > 3 && text[3] != ' ') return std::nullopt;
    return static_cast<unsigned>((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'));
}

Attempt<EntryReply> check_entry(const json::value& entry, const EntryRequest& request, std::size_t index) {
    const json::object* response =
        entry.is_object() ? member_object(entry.get_object(), "response") : nullptr;
    if (response == nullptr)
        return failed(FailureKind::refused, fmt::format("entry {} of the reply has no response", index));
    const auto status = parse_status(text_member(*response, "status"));
    if (!status)
        return failed(FailureKind::refused, fmt::format("entry {} of the reply has no valid status", index));
    const bool gone = request.method == "DELETE" && (*status == 404 || *status == 410);
    if (!gone && *status != 200 && *status != 201 && *status != 204) {
        return failed(FailureKind::refused, fmt::format("entry {} was answered {}", index, *status), *status);
    }
    if (request.conditional_create && *status == 200)
        return failed(FailureKind::conflict, fmt::format("entry {} exists meanwhile", index), 200);
    return EntryReply{*status, text_member(*response, "location"),
                      version_of_etag(text_member(*response, "etag"))};
}

}  // namespace

std::string_view to_string(FailureKind kind) {
    switch (kind) {
        case FailureKind::target_down:
            return "target_down";
        case FailureKind::archive_down:
            return "archive_down";
        case FailureKind::conflict:
            return "conflict";
        case FailureKind::transient:
            return "transient";
        case FailureKind::archive_transient:
            return "archive_transient";
        case FailureKind::referenced:
            return "referenced";
        case FailureKind::missing_reference:
            return "missing_reference";
        case FailureKind::refused:
            return "refused";
        case FailureKind::unusable:
            return "unusable";
        case FailureKind::unreadable:
            return "unreadable";
        case FailureKind::lease_lost:
            return "lease_lost";
        case FailureKind::cancelled:
            return "cancelled";
    }
    return "unknown";
}

std::optional<std::string> outcome_text(std::string_view body) {
    boost::system::error_code error;
    const json::value document = json::parse(body, error);
    if (error || !document.is_object()) return std::nullopt;
    const json::object& outcome = document.get_object();
    if (text_member(outcome, "resourceType") != "OperationOutcome") return std::nullopt;
    std::string text;
    const json::array& issues = list_member(outcome, "issue");
    const bool has_error = std::any_of(issues.begin(), issues.end(), is_error);
    for (const json::value& member : issues) {
        // Validators remark on much, and the text has an end: the reason must be in it.
        if (!member.is_object() || (has_error && !is_error(member))) continue;
        const json::object& issue = member.get_object();
        append_text(text, issue.if_contains("code"));
        append_text(text, issue.if_contains("diagnostics"));
        if (const json::object* details = member_object(issue, "details"))
            append_text(text, details->if_contains("text"));
    }
    return std::string(utf8_prefix(text, kLongestText));
}

Failure failure_of(const net::HttpReply& reply, bool deletes) {
    const std::string text = outcome_text(reply.body).value_or("");
    Failure failure;
    failure.kind = kind_of_status(reply.status, text, deletes);
    failure.status = reply.status;
    failure.retry_after = retry_after_of(reply);
    failure.text =
        fmt::format("the FHIR server answered {}{}{}", reply.status, text.empty() ? "" : ": ", text);
    return failure;
}

bool is_web_page(const net::HttpReply& reply) {
    return reply.content_type.starts_with("text/html");
}

Failure no_fhir_in(const net::HttpReply& reply) {
    // Log-ins and maintenance are shown by what stands before the server, for all studies alike.
    if (is_web_page(reply))
        return {FailureKind::transient,
                fmt::format("the FHIR server answered {} with a web page", reply.status),
                reply.status,
                std::nullopt,
                {}};
    return {
        FailureKind::refused, "the FHIR server's answer is no JSON object", reply.status, std::nullopt, {}};
}

Failure failure_of_transaction(const net::HttpReply& reply, bool deletes) {
    Failure failure = failure_of(reply, deletes);
    // HAPI says 400 and one of the numbers; others have words of their own. To take too much for it costs one
    // run in vain.
    const bool missing = contains_any(failure.text, {"HAPI-1094", "HAPI-1096", "not found", "not-found",
                                                     "does not exist", "is deleted", "has been deleted"});
    if (failure.kind == FailureKind::refused && missing) failure.kind = FailureKind::missing_reference;
    return failure;
}

Failure failure_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::cancelled:
            return {FailureKind::cancelled, error.message, 0, std::nullopt, {}};
        case ErrorCode::timed_out:
            return {FailureKind::transient, "the FHIR server did not answer in time", 0, std::nullopt, {}};
        case ErrorCode::too_large:
            return {FailureKind::refused, error.message, 0, std::nullopt, {}, true};
        default:
            return {FailureKind::target_down, error.message, 0, std::nullopt, {}};
    }
}

Attempt<std::vector<EntryReply>> check_transaction(std::string_view body,
                                                   const std::vector<EntryRequest>& requests) {
    boost::system::error_code error;
    const json::value document = json::parse(body, error);
    const bool bundle =
        !error && document.is_object() && text_member(document.get_object(), "resourceType") == "Bundle";
    if (!bundle) return failed(FailureKind::refused, "the reply to a transaction is no Bundle");
    const json::value* member = document.get_object().if_contains("entry");
    const json::array none;
    const json::array& entries = member != nullptr && member->is_array() ? member->get_array() : none;
    if (entries.size() != requests.size()) {
        const bool merged = !entries.empty() && entries.size() < requests.size();
        return failed(merged ? FailureKind::conflict : FailureKind::refused,
                      fmt::format("{} entries were answered by {}", requests.size(), entries.size()));
    }
    std::vector<EntryReply> replies;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        FHIR_TRY(EntryReply reply, check_entry(entries[i], requests[i], i));
        replies.push_back(std::move(reply));
    }
    return replies;
}

Attempt<void> check_id(const json::object& resource) {
    if (!is_blank(text_member(resource, "id"))) return {};
    return failed(FailureKind::refused,
                  fmt::format("a {} was found without id", text_member(resource, "resourceType")));
}

Attempt<void> check_found(const json::object& resource) {
    const json::object* meta = member_object(resource, "meta");
    const bool usable = !is_blank(text_member(resource, "id")) && meta != nullptr &&
                        !is_blank(text_member(*meta, "versionId"));
    if (usable) return {};
    return failed(FailureKind::refused,
                  fmt::format("a {} was found without id or version", text_member(resource, "resourceType")));
}

std::string version_of_etag(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
    return std::string(etag);
}

}  // namespace isocenter::fhir
