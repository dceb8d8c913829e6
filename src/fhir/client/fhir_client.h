#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/client/failure.h"
#include "fhir/client/reply_check.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// What the engine needs to know of a server's CapabilityStatement.
struct Capability {
    std::string fhir_version;
    bool transactions = false;
    std::set<std::string> update_creates;                            ///< types whose PUT to a new id creates
    std::map<std::string, std::set<std::string>> search_parameters;  ///< by type

    bool usable() const { return transactions && (fhir_version == "4.0.0" || fhir_version == "4.0.1"); }
};

/// Why a server that is not usable() is not.
std::string unusable_server(const Capability& capability);

/// Speaks FHIR R4 with one server. Thread-safe when its sender is.
class FhirClient {
  public:
    struct Options {
        std::string base;  ///< with or without '/' at the end
        std::chrono::milliseconds timeout{30'000};
    };
    FhirClient(net::HttpSender& sender, Options options);

    /// The base without '/' at the end.
    const std::string& base() const { return options_.base; }

    Attempt<Capability> capability();
    /// The same, where a server that is not usable counts as away: `target_down`.
    Attempt<Capability> usable_capability();
    /// All resources of `type` that `query` (encoded, without '?') finds, over all pages, never from a cache.
    /// Other entries, such as OperationOutcomes and included resources, are left out. Each has id and
    /// version. 404 and 405 are trouble of the server (`transient`), unless it says that it knows no such
    /// type.
    Attempt<std::vector<boost::json::object>> search(std::string_view type, std::string_view query);
    /// The same by POST, so that long lists of values fit, one resource after another as the pages come; the
    /// first failure of `visit` ends it. Each has an id. More than `most_pages` are taken for a server whose
    /// pages never end.
    Attempt<void> search_each(std::string_view type, std::string form,
                              const std::function<Attempt<void>(boost::json::object&&)>& visit,
                              int most_pages = 1000);
    /// How many resources `query` finds, without reading them.
    Attempt<std::uint64_t> count(std::string_view type, std::string_view query);
    /// Nothing when it is deleted or was never there.
    Attempt<std::optional<boost::json::object>> read(std::string_view type, std::string_view id);
    /// Posts a transaction of `entries` (Bundle.entry) and checks the reply; one reply per entry, in order.
    /// 404 and 405 as for search().
    Attempt<std::vector<EntryReply>> transact(boost::json::array entries);

  private:
    Attempt<net::HttpReply> send(net::HttpRequest request);
    Attempt<boost::json::object> send_for_object(net::HttpRequest request);
    using Check = Attempt<void> (*)(const boost::json::object&);
    Attempt<void> visit_pages(std::string_view type, net::HttpRequest first, int most_pages, Check check,
                              const std::function<Attempt<void>(boost::json::object&&)>& visit);

    net::HttpSender& sender_;
    Options options_;
};

}  // namespace isocenter::fhir
