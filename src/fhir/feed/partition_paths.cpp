#include "fhir/feed/partition_paths.h"

#include <boost/json.hpp>
#include <utility>

#include "base/percent.h"
#include "fhir/feed/archive_failure.h"
#include "fhir/json_members.h"
#include "fhir/mapping/options.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

/// Says nothing about whether there are partitions.
bool is_trouble(unsigned status) {
    return status == 401 || status == 408 || status == 429 || (status >= 500 && status != 501);
}

}  // namespace

Attempt<std::set<std::string>> PartitionPaths::names() {
    net::HttpRequest request{.url = options_.root + "/partitions"};
    request.headers = {{"Accept", "application/json"}};
    request.timeout = options_.timeout;
    const auto reply = sender_.send(request);
    if (!reply) return failed(failure_of_archive(reply.error()));
    if (is_trouble(reply->status)) return failed(failure_of_archive(reply->status));
    std::set<std::string> names;
    boost::system::error_code error;
    const json::value document = reply->status == 200 ? json::parse(reply->body, error) : json::value();
    if (error || !document.is_array()) return names;
    for (const json::value& each : document.get_array()) {
        std::string name = each.is_object() ? text_member(each.get_object(), "partitionName") : "";
        if (!name.empty()) names.insert(std::move(name));
    }
    return names;
}

Attempt<std::string> PartitionPaths::path_of(const std::string& partition) {
    const std::string below = "/partitions/" + percent_encode(partition);
    if (partition != kDefaultPartition) return below;
    {
        const std::lock_guard lock(mutex_);
        if (partitioned_) return *partitioned_ ? below : std::string();
    }
    FHIR_TRY(const std::set<std::string> known, names());
    const std::lock_guard lock(mutex_);
    partitioned_ = !known.empty();
    return *partitioned_ ? below : std::string();
}

void PartitionPaths::forget() {
    const std::lock_guard lock(mutex_);
    partitioned_.reset();
}

}  // namespace isocenter::fhir
