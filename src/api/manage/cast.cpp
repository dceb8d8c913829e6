#include "api/manage/cast.h"

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "api/errors.h"
#include "api/profile.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::size_t kPage = 100;
constexpr std::size_t kLargestPage = 1000;

json::object to_json(const fhir::DeadLetter& letter) {
    return {{"id", letter.id},
            {"class", to_string(letter.letter_class)},
            {"state", to_string(letter.state)},
            {"partition", letter.key.partition},
            {"study", letter.key.study_uid},
            {"firstSequence", letter.first_sequence},
            {"lastSequence", letter.last_sequence},
            {"entries", letter.entries},
            {"attempts", letter.attempts},
            {"firstTime", to_iso8601(letter.first_time)},
            {"lastTime", to_iso8601(letter.last_time)},
            {"status", letter.status},
            {"tag", letter.tag},
            {"error", letter.error}};
}

json::object to_json(const fhir::LetterCounts& counts) {
    json::object made;
    for (const fhir::LetterClass each : fhir::letter_classes()) {
        const auto found = counts.find(each);
        made[to_string(each)] = found == counts.end() ? std::uint64_t{0} : found->second;
    }
    return made;
}

http::Response answer(unsigned status, const json::object& body) {
    http::Response response = http::text_response(status, kJson, json::serialize(body));
    response.headers.add("Cache-Control", "no-store");
    return response;
}

std::optional<std::int64_t> read_number(std::string_view text, std::int64_t most) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || number < 1 || number > most) return std::nullopt;
    return number;
}

/// What a request for letters names; an unknown name is refused rather than taken for "all".
class FilterParser {
  public:
    Result<fhir::LetterFilter> parse(std::string_view query) {
        const auto items = http::parse_query(query);
        if (!items) return fail(ErrorCode::invalid_request, "the query has a broken escape");
        filter_.limit = kPage;
        for (const http::QueryItem& item : *items) {
            parameter = item.name;
            if (!take(item.name, item.value))
                return fail(ErrorCode::invalid_request,
                            item.name + " cannot be \"" + item.value +
                                "\": allowed are target, class, state, study, limit (1 to 1000) and cursor");
        }
        return filter_;
    }

    std::string parameter;  ///< the one that is to blame

  private:
    bool take(std::string_view name, const std::string& value) {
        if (name == "target") return true;
        if (name == "class") return (filter_.letter_class = fhir::parse_letter_class(value)).has_value();
        if (name == "state") return (filter_.state = fhir::parse_letter_state(value)).has_value();
        if (name == "limit") {
            const auto limit = read_number(value, kLargestPage);
            filter_.limit = static_cast<std::size_t>(limit.value_or(0));
            return limit.has_value();
        }
        if (name == "cursor") {
            const auto before = read_number(value, INT64_MAX);
            filter_.before = before.value_or(0);
            return before.has_value();
        }
        if (name != "study" || value.empty()) return false;
        filter_.study_uid = value;
        return true;
    }

    fhir::LetterFilter filter_;
};

http::Response refuse(const http::RequestContext& context, const Error& error, std::string parameter = {}) {
    ErrorDetails details;
    details.parameter = std::move(parameter);
    return error_response(standard_profile(), context.request, error, details);
}

/// The letter that the path names.
Result<fhir::DeadLetter> letter_of(const CastView& cast, const http::RequestContext& context) {
    const auto id = read_number(context.params.get("id"), INT64_MAX);
    std::optional<fhir::DeadLetter> letter;
    if (id) {
        ISO_TRY(letter, cast.letters.find(*id));
    }
    if (!letter) return fail(ErrorCode::not_found, "there is no such dead letter");
    return *std::move(letter);
}

http::Response list(const CastView& cast, const http::RequestContext& context) {
    FilterParser parser;
    const auto filter = parser.parse(context.request.query);
    if (!filter) return refuse(context, filter.error(), parser.parameter);
    const auto letters = cast.letters.list(*filter);
    if (!letters) return refuse(context, letters.error());
    json::array entries;
    for (const fhir::DeadLetter& letter : *letters)
        entries.emplace_back(to_json(letter));
    json::object body{{"deadLetters", std::move(entries)}};
    if (letters->size() == filter->limit) body["next"] = std::to_string(letters->back().id);
    return answer(200, body);
}

http::Response show(const CastView& cast, const http::RequestContext& context) {
    const auto letter = letter_of(cast, context);
    return letter ? answer(200, to_json(*letter)) : refuse(context, letter.error());
}

/// The engine looks for letters to be replayed every two seconds.
http::Response replay(const CastView& cast, const http::RequestContext& context) {
    const auto letter = letter_of(cast, context);
    if (!letter) return refuse(context, letter.error());
    const Status status = cast.letters.ask_replay(letter->id);
    return status ? answer(202, {{"replayed", 1}}) : refuse(context, status.error());
}

http::Response replay_all(const CastView& cast, const http::RequestContext& context) {
    FilterParser parser;
    const auto filter = parser.parse(context.request.query);
    if (!filter) return refuse(context, filter.error(), parser.parameter);
    const auto count = cast.letters.set_replay(*filter, true);
    return count ? answer(202, {{"replayed", *count}}) : refuse(context, count.error());
}

http::Response discard(const CastView& cast, const http::RequestContext& context) {
    const auto letter = letter_of(cast, context);
    if (!letter) return refuse(context, letter.error());
    const Status status = cast.letters.discard(letter->id, now_ticks());
    return status ? http::empty_response(204) : refuse(context, status.error());
}

/// Why a server is not used at present; empty when both are.
json::object trouble_of(const fhir::EngineStatus& status) {
    json::object trouble;
    if (!status.target_trouble.empty()) trouble["fhir"] = status.target_trouble;
    if (!status.archive_trouble.empty()) trouble["archive"] = status.archive_trouble;
    return trouble;
}

http::Response show_status(const CastView& cast, const http::RequestContext& context) {
    const auto counts = cast.letters.count_open();
    if (!counts) return refuse(context, counts.error());
    const fhir::EngineStatus status = cast.engine.status();
    const CastHealth health = cast_health(status);
    const auto circuit = [](bool reachable) { return reachable ? "closed" : "open"; };
    json::object body{
        {"working", health.working},
        {"reason", health.reason},
        {"position", status.low},
        {"read", status.read},
        {"latest", status.latest},
        {"lagEntries", status.lag_entries},
        {"lagSeconds", std::llround(status.lag_seconds)},
        {"dirtyStudies", status.dirty_keys},
        {"runningJobs", status.running_jobs},
        {"circuit",
         {{"fhir", circuit(status.target_reachable)}, {"archive", circuit(status.archive_reachable)}}},
        {"deadLetters", to_json(*counts)},
        {"lease", {{"active", status.active}, {"owner", status.lease_owner}, {"token", status.lease_token}}}};
    if (status.lease_end != 0) body["lease"].get_object()["until"] = to_iso8601(status.lease_end);
    if (const auto& reset = status.feed_reset)
        body["feedReset"] = {{"time", to_iso8601(reset->time)},
                             {"position", reset->position},
                             {"latest", reset->latest},
                             {"recovering", status.recovering}};
    if (json::object trouble = trouble_of(status); !trouble.empty()) body["trouble"] = std::move(trouble);
    if (!cast.further.empty()) {
        json::array names;
        for (const CastTarget& target : cast.further)
            names.emplace_back(target.name);
        body["targets"] = std::move(names);
    }
    if (status.backfill) {
        json::object backfill{{"done", status.backfill->done},
                              {"total", status.backfill->total},
                              {"counted", status.backfill->counted},
                              {"started", to_iso8601(status.backfill->started)}};
        if (!status.backfill->trouble.empty()) backfill["trouble"] = status.backfill->trouble;
        body["backfill"] = std::move(backfill);
    }
    return answer(200, body);
}

/// The studies that a request names; none of its members may be unknown, since that would mean all.
Result<fhir::StudyFilter> study_filter_of(std::string_view query) {
    const auto items = http::parse_query(query);
    if (!items) return fail(ErrorCode::invalid_request, "the query has a broken escape");
    fhir::StudyFilter filter;
    for (const http::QueryItem& item : *items) {
        if (item.name == "target") continue;
        std::string* const member = item.name == "date"        ? &filter.date
                                    : item.name == "modality"  ? &filter.modality
                                    : item.name == "patientId" ? &filter.patient_id
                                    : item.name == "partition" ? &filter.partition
                                                               : nullptr;
        if (member == nullptr || item.value.empty())
            return fail(ErrorCode::invalid_request,
                        item.name + ": a backfill takes target, date, modality, patientId and partition");
        *member = item.value;
    }
    return filter;
}

http::Response backfill(const CastView& cast, const http::RequestContext& context) {
    const auto filter = study_filter_of(context.request.query);
    if (!filter) return refuse(context, filter.error());
    const Status begun = cast.engine.backfill(*filter);
    return begun ? answer(202, {{"backfill", "asked for"}}) : refuse(context, begun.error());
}

/// The target that the request names; without a name the default one.
Result<CastView> chosen_target(const CastView& cast, const http::RequestContext& context) {
    const auto items = http::parse_query(context.request.query);
    if (!items) return cast;
    for (const http::QueryItem& item : *items) {
        if (item.name != "target" || item.value == "default") continue;
        for (const CastTarget& target : cast.further) {
            if (target.name == item.value) return CastView{target.engine, target.letters};
        }
        return fail(ErrorCode::not_found, "there is no such target");
    }
    return cast;
}

using Act = http::Response (*)(const CastView&, const http::RequestContext&);

http::Route route(const CastView& cast, net::Lane& lane, http::Method method, std::string pattern, Act act) {
    http::Route made;
    made.method = method;
    made.pattern = std::move(pattern);
    made.lane = &lane;
    made.access = method == http::Method::get ? http::Access::read : http::Access::write;
    made.handler = [cast, act](const http::RequestContext& context) {
        const auto chosen = chosen_target(cast, context);
        return chosen ? act(*chosen, context) : refuse(context, chosen.error(), "target");
    };
    return made;
}

http::Route health_route(std::string pattern, http::Handler handler) {
    http::Route made;
    made.pattern = std::move(pattern);
    made.access = http::Access::anonymous;
    made.handler = std::move(handler);
    return made;
}

}  // namespace

CastHealth cast_health(const fhir::EngineStatus& status) {
    if (!status.state_usable) return {false, "its state cannot be read or written"};
    if (!status.archive_reachable) return {false, "the archive does not answer"};
    // The reason may quote the FHIR server's answer, which is not for everyone who may ask for health.
    if (!status.target_reachable) return {false, "the FHIR server cannot be used; it is tried again"};
    if (status.stand_by) return {true, "stand-by: another engine has the lease"};
    if (!status.active) return {true, "starting"};
    if (status.recovering)
        return {true, "the archive's feed has gone back or begun anew: what it holds is done again"};
    return {true, "following the archive"};
}

CastHealth cast_health(const CastView& cast) {
    CastHealth health = cast_health(cast.engine.status());
    for (const CastTarget& target : cast.further) {
        if (!health.working) break;
        const CastHealth of_target = cast_health(target.engine.status());
        if (!of_target.working) health = {false, target.name + ": " + of_target.reason};
    }
    return health;
}

std::string letter_json(const fhir::DeadLetter& letter) {
    return json::serialize(to_json(letter));
}

std::string counts_json(const fhir::LetterCounts& counts) {
    return json::serialize(to_json(counts));
}

std::vector<http::Route> cast_routes(const CastView& cast, net::Lane& lane) {
    using http::Method;
    return {route(cast, lane, Method::get, "/cast/status", show_status),
            route(cast, lane, Method::post, "/cast/backfill", backfill),
            route(cast, lane, Method::get, "/cast/dead-letters", list),
            route(cast, lane, Method::get, "/cast/dead-letters/{id}", show),
            route(cast, lane, Method::delete_, "/cast/dead-letters/{id}", discard),
            route(cast, lane, Method::post, "/cast/dead-letters/{id}/replay", replay),
            route(cast, lane, Method::post, "/cast/dead-letters/replay", replay_all)};
}

std::vector<http::Route> cast_health_routes(const CastView& cast) {
    return {
        health_route("/health/live",
                     [](const http::RequestContext&) {
                         return answer(200, {{"live", true}});
                     }),
        health_route("/health/ready", [cast](const http::RequestContext&) {
            const CastHealth health = cast_health(cast);
            return answer(health.working ? 200 : 503, {{"ready", health.working}, {"reason", health.reason}});
        })};
}

}  // namespace isocenter::api
