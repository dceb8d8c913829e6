#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "api/face.h"
#include "archive/test_archive.h"
#include "index/sql/connection.h"

namespace isocenter::api {

/// For tests: a face over an archive of its own, whose routes are called without a server.
class RouteCaller {
  public:
    explicit RouteCaller(const Profile& profile)
        : face{*stored.archive,
               profile,
               Lanes{lane_, lane_, lane_},
               options,
               '/' + std::string(profile.name),
               std::make_shared<ChangeSignal>()} {}

    /// The first route of `routes` with that method and pattern.
    static const http::Route& find(const std::vector<http::Route>& routes, http::Method method,
                                   std::string_view pattern) {
        for (const http::Route& route : routes) {
            if (route.method == method && route.pattern == pattern) return route;
        }
        throw std::runtime_error("no such route: " + std::string(pattern));
    }

    static http::Request request(std::string query = {}) {
        http::Request made;
        made.method = http::Method::get;
        made.query = std::move(query);
        made.base_url = "http://test";
        made.headers.add("Accept", "application/dicom+json");
        return made;
    }

    /// What the route answers; an exchange is finished without waiting.
    static http::Response call(const http::Route& route, const http::Request& request,
                               const http::PathParams& params = {}) {
        const http::RequestContext context{request, params};
        if (route.handler) return route.handler(context);
        auto exchange = route.exchange(context);
        if (!exchange) throw std::runtime_error(exchange.error().message);
        return (*exchange)->finish();
    }

    archive::TestArchive stored;
    ApiOptions options;

  private:
    Metrics metrics_;
    net::Lane lane_{"test", {}, metrics_};

  public:
    Face face;
};

/// Of a source what it still has.
inline std::string body_of(const http::Response& response) {
    if (const auto* source = std::get_if<std::unique_ptr<ByteSource>>(&response.body))
        return read_all(**source, 1ULL << 28U).value();
    const auto* text = std::get_if<std::string>(&response.body);
    return text == nullptr ? std::string{} : *text;
}

/// Whether the rest of a body breaks off instead of ending as if it were whole.
inline bool breaks_off(const http::Response& response) {
    const auto* source = std::get_if<std::unique_ptr<ByteSource>>(&response.body);
    return source != nullptr && !read_all(**source, 1ULL << 28U);
}

/// A body read piece by piece, and the most memory that was held for it.
struct HeldBody {
    std::string text;
    std::uint64_t most_held = 0;
};

inline HeldBody read_held(const http::Response& response, const MemoryBudget& memory) {
    HeldBody body;
    const auto* source = std::get_if<std::unique_ptr<ByteSource>>(&response.body);
    if (source == nullptr) return body;
    std::string piece(64 * 1024, '\0');
    while (true) {
        const std::size_t size = (*source)->read(std::as_writable_bytes(std::span(piece))).value();
        if (size == 0) return body;
        body.text.append(piece, 0, size);
        body.most_held = std::max(body.most_held, memory.used_bytes());
    }
}

/// An instance of study 1.1 whose metadata take a megabyte; one that is there is replaced.
inline void store_long_one(archive::TestArchive& stored, int number, const std::string& study_id = "S1") {
    dicom::DataSet data_set = archive::make_data_set("1.1", "1.1.1", "1.1.1." + std::to_string(number));
    data_set.set_text(dicom::tags::StudyID, study_id);
    data_set.set_text({0x0010, 0x1010}, "050Y");
    data_set.set({.tag = {0x0040, 0xA160}, .vr = dicom::Vr::UT, .bytes = std::string(1 << 20, 'x')});
    archive::StorePolicy policy;
    policy.duplicates = archive::Duplicates::replace;
    const auto outcomes = stored.store({archive::to_part10(data_set)}, policy);
    if (outcomes[0].failure) throw std::runtime_error(outcomes[0].message);
}
inline void store_long_ones(archive::TestArchive& stored, int count) {
    for (int i = 1; i <= count; ++i)
        store_long_one(stored, i);
}

/// The document of the instance cannot be read any more.
inline void damage_document(archive::TestArchive& stored, const std::string& instance) {
    const auto writer = stored.database.connections->writer();
    const Status damaged = (*writer)->execute(
        "UPDATE document SET json = x'00' WHERE key = (SELECT document_key FROM instance WHERE uid = '" +
        instance + "')");
    if (!damaged) throw std::runtime_error(damaged.error().message);
}

inline boost::json::value json_of(const http::Response& response) {
    return boost::json::parse(body_of(response));
}

inline http::PathParams params_of(const std::vector<std::pair<std::string, std::string>>& values) {
    http::PathParams params;
    for (const auto& [name, value] : values)
        params.set(name, value);
    return params;
}

}  // namespace isocenter::api
