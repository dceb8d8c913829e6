#include "app/cohort_remote.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "base/percent.h"
#include "fhir/exact_json.h"

namespace isocenter::app {
namespace {

namespace json = boost::json;

/// Patients of a page: few, so that none is too large.
constexpr int kPage = 100;

ErrorCode code_of(unsigned status) {
    if (status == 400) return ErrorCode::invalid_request;
    if (status == 404) return ErrorCode::not_found;
    if (status == 422) return ErrorCode::too_large;
    return status == 424 ? ErrorCode::unsupported : ErrorCode::unavailable;
}

/// What a problem document says.
std::string detail_of(const std::string& body) {
    boost::system::error_code error;
    const json::value document = json::parse(body, error);
    if (error) return {};
    const json::value* detail = document.find_pointer("/detail", error);
    return detail != nullptr && detail->is_string() ? std::string(detail->get_string()) : std::string();
}

Error refused(const net::HttpReply& reply) {
    const std::string detail = detail_of(reply.body);
    return fail(code_of(reply.status), detail.empty() ? fmt::format("the server answered {}", reply.status)
                                                      : "the server says: " + detail);
}

/// What one page of an answer holds.
struct Page {
    std::string name;
    std::string as_of;
    std::string next;  ///< empty: the last
    json::object total;
    json::object stats;
    std::vector<json::object> patients;
};

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* member = object.if_contains(name);
    return member == nullptr ? std::string() : std::string(member->as_string());
}

Result<Page> read_page(const std::string& body) {
    try {
        boost::system::error_code error;
        // The resources in it pass through as they are.
        json::object document = fhir::parse_exact(body, error).as_object();
        Page page{text_of(document, "name"),        text_of(document, "asOf"),
                  text_of(document, "next"),        document.at("total").as_object(),
                  document.at("stats").as_object(), {}};
        for (json::value& patient : document.at("patients").as_array())
            page.patients.push_back(std::move(patient.as_object()));
        return page;
    } catch (const std::exception&) {
        return fail(ErrorCode::unavailable, "the server's answer is no page of a cohort");
    }
}

/// Adds the counts of one page to those of the pages before.
void add_counts(json::object& sum, const json::object& page) {
    for (const auto& count : page) {
        json::value& kept = sum[count.key()];
        const auto number = [](const json::value& value) {
            return value.is_int64() ? value.get_int64() : std::int64_t{0};
        };
        kept = number(kept) + number(count.value());
    }
}

class RemoteRun {
  public:
    RemoteRun(net::HttpSender& sender, const RemoteCohort& cohort)
        : sender_(sender), as_of_(cohort.as_of), address_(cohort.server) {
        address_.resize(address_.find_last_not_of('/') + 1);
        address_ += "/cohorts/" + percent_encode(cohort.name);
    }

    Result<std::string> studies() const {
        const std::string query = as_of_.empty() ? std::string() : "?asOf=" + percent_encode(as_of_);
        return get(address_ + "/studies" + query, "text/plain");
    }

    Result<Page> page(const std::string& cursor) const {
        std::string url = fmt::format("{}?limit={}", address_, kPage);
        if (!cursor.empty()) {
            url += "&cursor=" + percent_encode(cursor);
        } else if (!as_of_.empty()) {
            url += "&asOf=" + percent_encode(as_of_);
        }
        ISO_TRY(const std::string body, get(url, "application/json"));
        return read_page(body);
    }

  private:
    Result<std::string> get(const std::string& url, const std::string& accept) const {
        net::HttpRequest request{.url = url};
        request.headers = {{"Accept", accept}};
        auto reply = sender_.send(request);
        if (!reply) return fail(reply.error().code, "the server does not answer: " + reply.error().message);
        if (reply->status != 200) return refused(*reply);
        return std::move(reply->body);
    }

    net::HttpSender& sender_;
    const std::string as_of_;
    std::string address_;
};

}  // namespace

net::HttpClient::Options patient_client() {
    constexpr std::uint64_t kLargestList = 1ULL << 30U;
    // The servers that it waits for have limits of their own; this one is for a connection that is dead.
    constexpr std::chrono::hours kLongestQuestion{24};
    return {.stall_timeout = kLongestQuestion, .max_reply_bytes = kLargestList};
}

Status run_remote_cohort(net::HttpSender& sender, const RemoteCohort& cohort, CohortFormat format,
                         const CohortSink& write) {
    const RemoteRun run(sender, cohort);
    if (format == CohortFormat::studies) {
        ISO_TRY(const std::string lines, run.studies());
        return write(lines);
    }
    ISO_TRY(Page page, run.page(""));
    CohortWriter writer(format, write);
    ISO_CHECK(writer.begin(page.name, page.as_of, page.total));
    json::object stats;
    while (true) {
        ISO_CHECK(writer.patients(page.patients));
        add_counts(stats, page.stats);
        if (page.next.empty()) return writer.end(page.total, stats);
        ISO_TRY(page, run.page(page.next));
    }
}

}  // namespace isocenter::app
