#include "api/dicomweb/refusals.h"

#include <algorithm>

#include "base/log.h"

namespace isocenter::api {
namespace {

constexpr std::size_t kTold = 20;
/// Proxies and clients bound the headers of an answer.
constexpr std::size_t kWarnings = 8;
constexpr std::size_t kMessageBytes = 200;

/// A header line and a log line of it must stay one line.
std::string one_line(std::string message) {
    if (message.size() > kMessageBytes) message.resize(kMessageBytes);
    for (char& c : message)
        if (c < ' ' || c > '~') c = '?';
    return message;
}

std::string place_of(const Refusal& refusal) {
    std::string place;
    if (refusal.part != 0) place = "part " + std::to_string(refusal.part);
    if (refusal.data_set != 0)
        place += (place.empty() ? "data set " : ", data set ") + std::to_string(refusal.data_set);
    return place + (place.empty() ? "" : ": ");
}

}  // namespace

Refusals refusals_of(const Profile& profile, const StoreReport& report) {
    Refusals found;
    std::uint64_t position = 0;
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
        const archive::StoreOutcome& outcome = report.outcomes[i];
        const bool goes_on = i > 0 && report.outcomes[i - 1].part == outcome.part;
        const bool is_followed =
            i + 1 < report.outcomes.size() && report.outcomes[i + 1].part == outcome.part;
        position = goes_on ? position + 1 : 1;
        if (!outcome.failure || ++found.count > kTold) continue;
        found.first.push_back({outcome.part, goes_on || is_followed ? position : 0,
                               failure_reason(profile, *outcome.failure),
                               one_line(archive::message_with_places(outcome)), outcome.detail});
    }
    for (const PartFailure& other : report.other_failures) {
        if (++found.count > kTold) continue;
        found.first.push_back(
            {other.part, 0, failure_reason(profile, other.failure), one_line(other.message), other.detail});
    }
    std::ranges::stable_sort(found.first, {}, &Refusal::part);
    return found;
}

void log_refusals(const Refusals& refusals, std::string_view request_id) {
    for (const Refusal& refusal : refusals.first)
        log_event(LogLevel::warning, "instance_refused",
                  {{"request_id", request_id},
                   {"part", refusal.part},
                   {"data_set", refusal.data_set},
                   {"reason", unsigned{refusal.reason}},
                   {"message", refusal.message},
                   {"detail", refusal.detail}});
    if (refusals.count > refusals.first.size())
        log_event(LogLevel::warning, "instances_refused",
                  {{"request_id", request_id}, {"count", refusals.count}});
}

void add_refusal_warnings(http::Response& response, const Refusals& refusals, std::string_view service) {
    const std::string agent = "299 " + std::string(service) + ": ";
    const std::size_t told = std::min(refusals.first.size(), kWarnings);
    for (std::size_t i = 0; i < told; ++i)
        response.headers.add("Warning", agent + place_of(refusals.first[i]) + refusals.first[i].message);
    if (refusals.count > told)
        response.headers.add("Warning", agent + std::to_string(refusals.count - told) + " more are refused");
}

}  // namespace isocenter::api
