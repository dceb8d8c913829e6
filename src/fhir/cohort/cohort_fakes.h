#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "fhir/cohort/patient_elements.h"
#include "fhir/cohort/qido_source.h"
#include "fhir/cohort/study_source.h"
#include "fhir/mapping/attributes.h"
#include "fhir/mapping/options.h"
#include "net/http_client.h"

namespace isocenter::fhir::cohort {

inline std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%') {
            out += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
            at += 2;
        } else {
            out += text[at];
        }
    }
    return out;
}

/// Holds resources and answers searches by `patient`, `_id`, `identifier`, `link` and `code`; every other
/// parameter is taken as met, as by a server that is generous with dates. Thread-safe.
class FakeFhir : public net::HttpSender {
  public:
    void add(std::string_view text) {
        boost::json::object resource = boost::json::parse(text).as_object();
        resource["meta"] = boost::json::object{{"versionId", "1"}, {"lastUpdated", "2020-01-01T00:00:00Z"}};
        resources.push_back(std::move(resource));
    }
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        const std::lock_guard lock(mutex);
        const std::string path = request.url.substr(base.size());
        asked.push_back(path + (request.body.empty() ? "" : " " + request.body));
        if (answer_status != 200)
            return net::HttpReply{answer_status, "", {{"retry-after", "7"}}, answer_body};
        if (path.starts_with("?page=")) return bounded(page_at(std::stoul(path.substr(6))));
        const std::size_t question = path.find_first_of("?/", 1);
        const std::string type = path.substr(1, question - 1);
        if (type == closed_type) return net::HttpReply{403, "", {}, ""};
        search(type, request.method == "POST" ? request.body : path.substr(question + 1));
        if (path.find("_summary=count") != std::string::npos)
            return reply({{"resourceType", "Bundle"}, {"total", found.size()}});
        const std::size_t count = request.body.find("_count=");
        page = count == std::string::npos ? page_size
                                          : std::min(page_size, std::stoul(request.body.substr(count + 7)));
        return bounded(page_at(0));
    }
    std::size_t asked_for(std::string_view text) const {
        return static_cast<std::size_t>(std::count_if(asked.begin(), asked.end(), [&](const auto& request) {
            return request.find(text) != std::string::npos;
        }));
    }

    const std::string base = "http://fhir.test/fhir";
    std::vector<boost::json::object> resources;
    std::vector<std::string> asked;
    std::size_t page_size = 1000;
    std::string closed_type;  ///< nobody may search it
    bool ignores_link = false;
    std::size_t longest_reply = 1U << 30U;
    unsigned answer_status = 200;
    std::string answer_body;

  private:
    static net::HttpReply reply(const boost::json::object& bundle) {
        return {200, "application/fhir+json", {}, boost::json::serialize(bundle)};
    }
    Result<net::HttpReply> bounded(net::HttpReply reply) const {
        if (reply.body.size() > longest_reply) return fail(ErrorCode::too_large, "the reply is too large");
        return reply;
    }
    net::HttpReply page_at(std::size_t begin) {
        boost::json::array entries;
        const std::size_t end = std::min(found.size(), begin + page);
        for (std::size_t at = begin; at < end; ++at)
            entries.push_back(boost::json::object{{"resource", found[at]}});
        boost::json::object bundle{{"resourceType", "Bundle"}, {"entry", std::move(entries)}};
        if (end < found.size())
            bundle["link"] = boost::json::array{
                boost::json::object{{"relation", "next"}, {"url", base + "?page=" + std::to_string(end)}}};
        return reply(bundle);
    }
    void search(const std::string& type, std::string_view form) {
        std::map<std::string, std::set<std::string>> wanted;
        for (const std::string& item : split(form, '&')) {
            const std::size_t equals = item.find('=');
            for (const std::string& value : split(std::string_view(item).substr(equals + 1), ','))
                wanted[item.substr(0, equals)].insert(unescaped(value));
        }
        std::set<std::string> elements = wanted["_elements"];
        wanted.erase("_elements");
        found.clear();
        for (const boost::json::object& resource : resources) {
            if (resource.at("resourceType").as_string() == std::string_view(type) &&
                matches(resource, wanted))
                found.push_back(elements.empty() ? resource : part_of(resource, elements));
        }
    }
    /// What a server has to give of a resource of which only some elements are asked for.
    static boost::json::object part_of(const boost::json::object& resource, std::set<std::string> elements) {
        elements.insert({"resourceType", "id", "meta"});
        boost::json::object part;
        for (const auto& member : resource) {
            if (elements.contains(std::string(member.key()))) part[member.key()] = member.value();
        }
        return part;
    }
    bool matches(const boost::json::object& resource,
                 const std::map<std::string, std::set<std::string>>& wanted) const {
        for (const auto& [name, values] : wanted) {
            std::set<std::string> own;
            if (name == "_id") {
                own.emplace(resource.at("id").as_string());
            } else if (name == "patient") {
                for (std::string& id : patients_of(resource, base))
                    own.insert(std::move(id));
            } else if (name == "identifier") {
                if (!resource.contains("identifier")) return false;
                for (const boost::json::value& each : resource.at("identifier").as_array())
                    own.insert(std::string(each.at("system").as_string()) + '|' +
                               std::string(each.at("value").as_string()));
            } else if (name == "link" && !ignores_link) {
                if (!resource.contains("link")) return false;
                for (const boost::json::value& each : resource.at("link").as_array())
                    own.emplace(each.at("other").at("reference").as_string());
            } else if (name == "code") {
                own.emplace(resource.at("code").at("text").as_string());
            } else {
                continue;
            }
            if (std::none_of(own.begin(), own.end(),
                             [&](const auto& value) { return values.contains(value); }))
                return false;
        }
        return true;
    }

    std::mutex mutex;
    std::vector<boost::json::object> found;
    std::size_t page = 1000;
};

/// Studies by partition, PatientID and UID; the only key it matches is Modality. Thread-safe.
class FakeStudies : public StudySource {
  public:
    void add(const std::string& uid, const std::string& patient, const std::string& modality,
             const std::string& date = "20260203", const std::string& accession = "",
             const std::string& partition = std::string(kDefaultPartition)) {
        const auto value = [](const std::string& text) {
            return boost::json::object{{"Value", boost::json::array{boost::json::string(text)}}};
        };
        studies.push_back({{"0020000D", value(uid)},
                           {"00100020", value(patient)},
                           {"00080061", value(modality)},
                           {"00080020", value(date)},
                           {"00080050", value(accession)}});
        partitions.push_back(partition);
    }
    /// An instance of a study, as searches for rows see it.
    void add_instance(const std::string& study, const std::string& uid, const std::string& modality,
                      const std::string& sop_class, const std::string& title = "") {
        const auto value = [](const std::string& text) {
            return boost::json::object{{"Value", boost::json::array{boost::json::string(text)}}};
        };
        instances.push_back({{"0020000D", value(study)},
                             {"0020000E", value(study + ".1")},
                             {"00080018", value(uid)},
                             {"00080016", value(sop_class)},
                             {"00080061", value(modality)},
                             {"00420010", value(title)}});
    }
    Attempt<StudyRows> find(const StudyQuery& query) override {
        const std::lock_guard lock(mutex);
        queries.push_back(query);
        StudyRows rows;
        const auto& all = query.every_row ? instances : studies;
        for (std::size_t at = 0; at < all.size(); ++at) {
            const boost::json::object& study = all[at];
            const bool is_elsewhere = !query.every_row && query.partition != partitions[at];
            if (!query.partition.empty() && is_elsewhere) continue;
            const auto modality = query.match.find("Modality");
            const auto& uids = query.study_uids;
            const auto modalities = all_texts(study, "00080061");
            if (modality != query.match.end() &&
                std::find(modalities.begin(), modalities.end(), modality->second) == modalities.end())
                continue;
            if (!query.patient_id.empty() && query.patient_id != first_text(study, "00100020")) continue;
            if (!uids.empty() &&
                std::find(uids.begin(), uids.end(), first_text(study, "0020000D")) == uids.end())
                continue;
            rows.studies.push_back(study);
            const std::size_t held = query.level == dicom::Level::instance ? instances_of_each : 1;
            const bool is_full = query.limit != 0 && rows.studies.size() * held >= query.limit;
            const bool is_enough = query.most_studies != 0 && rows.studies.size() > query.most_studies;
            rows.complete = !is_full && !is_enough;
            if (!rows.complete) break;
        }
        return rows;
    }

    std::vector<boost::json::object> studies;
    std::vector<std::string> partitions;  ///< of each of them
    std::vector<boost::json::object> instances;
    std::size_t instances_of_each = 1;  ///< rows of a study in searches for instances
    std::vector<StudyQuery> queries;

  private:
    std::mutex mutex;
};

}  // namespace isocenter::fhir::cohort
