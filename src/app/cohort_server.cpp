#include "app/cohort_server.h"

#include <boost/json.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "app/cast_state.h"
#include "app/cohort_engine.h"
#include "app/cohort_groups.h"
#include "app/cohort_page.h"
#include "app/cohort_results.h"
#include "app/cohort_store.h"
#include "base/digest.h"
#include "fhir/cohort/describe.h"
#include "fhir/cohort/selection_json.h"
#include "fhir/exact_json.h"
#include "fhir/json_members.h"

namespace isocenter::app {
namespace {

namespace cohort = fhir::cohort;
namespace json = boost::json;
using api::CohortAnswer;
using api::CohortPage;
using api::CohortRefusal;
using Clock = CohortResults::Clock;

/// Text of patients with which a page is long enough, however few they are.
constexpr std::size_t kLargestPage = 32U << 20U;

tl::unexpected<CohortRefusal> refuse(unsigned status, std::string message) {
    return tl::unexpected<CohortRefusal>(CohortRefusal{status, std::move(message), std::nullopt});
}

tl::unexpected<CohortRefusal> refuse(const Error& error) {
    return refuse(error.code == ErrorCode::invalid_request ? 400 : 503, error.message);
}

tl::unexpected<CohortRefusal> refuse(const cohort::CohortFailure& failure) {
    using Kind = cohort::CohortFailure::Kind;
    const std::string text = failure.where.empty() ? failure.text : failure.where + ": " + failure.text;
    if (failure.kind == Kind::refused) return refuse(424, text);
    if (failure.kind == Kind::too_many) return refuse(422, text);
    constexpr std::chrono::seconds kLater{10};
    return tl::unexpected<CohortRefusal>(CohortRefusal{503, text, failure.retry_after.value_or(kLater)});
}

/// The target of a definition that was valid when it was saved.
std::string target_of(const std::string& definition) {
    boost::system::error_code error;
    const json::value document = json::parse(definition, error);
    return document.is_object() ? fhir::text_member(document.get_object(), "target") : std::string();
}

/// Whether two texts say the same; blanks and the order of members do not count.
bool is_same_definition(std::string_view one, std::string_view other) {
    boost::system::error_code error;
    const json::value first = json::parse(one, error);
    if (error) return false;
    const json::value second = json::parse(other, error);
    return !error && first == second;
}

/// A whole result as lines, made while it is sent. An end without totals tells of a failure.
class LineSource : public ByteSource {
  public:
    LineSource(std::shared_ptr<const CohortResult> result, std::string root, std::unique_ptr<CohortRun> run)
        : result_(std::move(result)), root_(std::move(root)), run_(std::move(run)) {}

    Result<std::size_t> read(MutableBytes into) override {
        if (sent_ == text_.size()) {
            if (done_) return std::size_t{0};
            ISO_CHECK(make_more());
        }
        const std::size_t size = std::min(into.size(), text_.size() - sent_);
        std::memcpy(into.data(), text_.data() + sent_, size);
        sent_ += size;
        return size;
    }

  private:
    Status make_more() {
        text_.clear();
        sent_ = 0;
        if (first_ >= result_->selection.members.size()) {
            const json::object end{{"total", cohort::totals_of(result_->selection)},
                                   {"stats", run_->stats()}};
            text_ = json::serialize(end) + '\n';
            done_ = true;
            return {};
        }
        const auto objects =
            run_->describe(result_->definition, result_->selection, first_, cohort::kMembersPerRound, root_);
        if (!objects) return fail(ErrorCode::unavailable, objects.error().text);
        for (const json::object& object : *objects)
            text_ += fhir::serialize_exact(object) + '\n';
        first_ += cohort::kMembersPerRound;
        return {};
    }

    const std::shared_ptr<const CohortResult> result_;
    const std::string root_;
    const std::unique_ptr<CohortRun> run_;
    std::string text_;
    std::size_t sent_ = 0;
    std::size_t first_ = 0;
    bool done_ = false;
};

/// A result, and the run that made it, which counts what its pages cost.
struct Ran {
    std::shared_ptr<const CohortResult> result;
    std::unique_ptr<CohortRun> run;
    std::string key;  ///< of the kept result
    std::size_t first = 0;
    bool is_unsaved = false;  ///< its definition is to be saved, now that it could be answered
};

Ran first_page(CohortResult result, std::unique_ptr<CohortRun> run) {
    return {std::make_shared<const CohortResult>(std::move(result)), std::move(run), {}, 0, false};
}

class CohortService : public api::Cohorts {
  public:
    /// `root`: DICOMweb root as clients reach it; empty: as the request did.
    CohortService(CohortEngine& engine, CohortStore& store, const Settings& settings, std::string root)
        : engine_(engine),
          store_(store),
          groups_(store, settings.cohort_forward_token),
          results_(std::chrono::seconds(settings.cohort_result_ttl_s)),
          forward_token_(settings.cohort_forward_token),
          root_(std::move(root)) {}

    CohortAnswer<std::string> post(std::string_view definition, const CohortPage& page) override {
        auto ran = run_new(definition, page);
        if (!ran) return tl::unexpected(std::move(ran).error());
        auto text = document(*ran, page);
        if (!text) return text;
        if (const auto saved = save(*ran, page); !saved) return tl::unexpected(saved.error());
        return text;
    }
    CohortAnswer<std::string> get(const std::string& name, const CohortPage& page) override {
        auto ran = run_saved(name, page);
        if (!ran) return tl::unexpected(std::move(ran).error());
        return document(*ran, page);
    }
    CohortAnswer<std::unique_ptr<ByteSource>> post_lines(std::string_view definition,
                                                         const CohortPage& page) override {
        auto ran = run_new(definition, page);
        if (!ran) return tl::unexpected(std::move(ran).error());
        if (const auto saved = save(*ran, page); !saved) return tl::unexpected(saved.error());
        return lines(std::move(ran), page);
    }
    CohortAnswer<std::unique_ptr<ByteSource>> get_lines(const std::string& name,
                                                        const CohortPage& page) override {
        return lines(run_saved(name, page), page);
    }
    CohortAnswer<std::string> list() override;
    CohortAnswer<std::vector<api::CohortStudy>> studies(const std::string& name,
                                                        const CohortPage& page) override;
    CohortAnswer<std::string> freeze(const std::string& name, const CohortPage& page) override;
    CohortAnswer<void> remove(const std::string& name, const CohortPage& page) override;

  private:
    /// 401 where a token is needed and missing.
    CohortAnswer<void> check_token(const CohortPage& page) const;
    /// A run that asks as the caller where tokens are forwarded, else as the server. `target`: one that the
    /// engine has.
    CohortAnswer<std::unique_ptr<CohortRun>> begin(const std::string& target, const CohortPage& page);
    /// Saves the definition of a run that is to be saved.
    CohortAnswer<void> save(const Ran& ran, const CohortPage& page) {
        if (!ran.is_unsaved) return {};
        return replace(ran.result->definition.name, ran.result->text, page);
    }
    /// Saves a definition under its name. What was frozen of another one goes, with its Group.
    CohortAnswer<void> replace(const std::string& name, const std::string& text, const CohortPage& page);
    /// Removes the Group of a cohort whose frozen list goes, if there is one; its turn is the caller's.
    CohortAnswer<void> end_group(const SavedCohort& saved, const CohortPage& page);
    /// Whose a result is: nobody can use what another token found.
    std::string owner_of(const CohortPage& page) const;
    CohortAnswer<Ran> run_new(std::string_view text, const CohortPage& page);
    CohortAnswer<Ran> run_saved(const std::string& name, const CohortPage& page);
    CohortAnswer<Ran> run(std::string_view text, cohort::Definition definition, const CohortPage& page);
    /// The rest of an earlier run of the definition `text`, at the page's cursor.
    CohortAnswer<Ran> resume(std::string_view text, const CohortPage& page);
    CohortAnswer<SavedCohort> saved(const std::string& name);
    CohortAnswer<std::string> document(Ran& ran, const CohortPage& page);
    CohortAnswer<std::unique_ptr<ByteSource>> lines(CohortAnswer<Ran> ran, const CohortPage& page);

    std::string retrieve_root(const CohortPage& page) const {
        return root_.empty() ? page.base_url + "/dicom-web" : root_;
    }

    CohortEngine& engine_;
    CohortStore& store_;
    CohortGroups groups_;
    CohortResults results_;
    const bool forward_token_;
    const std::string root_;
};

CohortAnswer<void> CohortService::check_token(const CohortPage& page) const {
    if (forward_token_ && page.token.empty())
        return refuse(401, "Authorization: Bearer with a token for the FHIR server is needed");
    return {};
}

CohortAnswer<std::unique_ptr<CohortRun>> CohortService::begin(const std::string& target,
                                                              const CohortPage& page) {
    if (const auto allowed = check_token(page); !allowed) return tl::unexpected(allowed.error());
    return std::make_unique<CohortRun>(engine_, target, forward_token_ ? page.token : std::string(),
                                       page.abandoned);
}

CohortAnswer<void> CohortService::end_group(const SavedCohort& saved, const CohortPage& page) {
    const std::string target = target_of(saved.definition);
    const auto refused = [](const cohort::Found<void>& ended) -> CohortAnswer<void> {
        if (!ended) return refuse(ended.error());
        return {};
    };
    if (!engine_.has_target(target)) return refused(groups_.abandon(saved.name));
    const auto run = begin(target, page);
    if (!run) return tl::unexpected(run.error());
    return refused(groups_.remove(**run, saved.name));
}

std::string CohortService::owner_of(const CohortPage& page) const {
    return forward_token_ ? to_hex(sha256(as_bytes(page.token))) : std::string();
}

CohortAnswer<Ran> CohortService::resume(std::string_view text, const CohortPage& page) {
    if (const auto allowed = check_token(page); !allowed) return tl::unexpected(allowed.error());
    const auto cursor = CohortCursor::parse(page.cursor);
    if (!cursor) return refuse(400, "cursor was not given by an earlier page");
    auto result = results_.find(cursor->key, Clock::now());
    if (!result || result->owner != owner_of(page))
        return refuse(410, "the cursor has expired: run the cohort anew");
    if (!is_same_definition(result->text, text))
        return refuse(400, "cursor belongs to a run of another definition");
    if (page.frozen && !result->frozen) return refuse(400, "cursor belongs to a run, not to what was frozen");
    auto run = begin(result->definition.target, page);
    if (!run) return tl::unexpected(run.error());
    return Ran{std::move(result), *std::move(run), cursor->key, cursor->offset, false};
}

CohortAnswer<Ran> CohortService::run(std::string_view text, cohort::Definition definition,
                                     const CohortPage& page) {
    if (!page.as_of.empty() && !cohort::read_span(std::string_view(page.as_of)))
        return refuse(400, "asOf must be a date or a dateTime with a zone");
    auto run = begin(definition.target, page);
    if (!run) return tl::unexpected(run.error());
    auto selection = (*run)->find(definition, page.as_of);
    if (!selection) return refuse(selection.error());
    return first_page({std::move(definition), *std::move(selection), owner_of(page), std::string(text)},
                      *std::move(run));
}

CohortAnswer<Ran> CohortService::run_new(std::string_view text, const CohortPage& page) {
    auto definition = engine_.read(text);
    if (!definition) return refuse(definition.error());
    if (!page.cursor.empty()) return resume(text, page);
    const std::string name = definition->name;
    if (name.empty()) return run(text, *std::move(definition), page);
    if (const auto allowed = check_token(page); !allowed) return tl::unexpected(allowed.error());
    const auto before = store_.find(name);
    if (!before) return refuse(before.error());
    const bool is_new = !*before || !is_same_definition((*before)->definition, text);
    // What was frozen goes only for a definition that was answered.
    const bool may_wait = *before && !(*before)->frozen.empty();
    if (is_new && !may_wait) {
        const auto saved = replace(name, std::string(text), page);
        if (!saved) return tl::unexpected(saved.error());
    }
    auto ran = run(text, *std::move(definition), page);
    if (ran) ran->is_unsaved = is_new && may_wait;
    return ran;
}

CohortAnswer<void> CohortService::replace(const std::string& name, const std::string& text,
                                          const CohortPage& page) {
    const auto mine = groups_.turn_to_end(name);
    if (!mine) return refuse(mine.error());
    const auto before = store_.find(name);
    if (!before) return refuse(before.error());
    if (*before && is_same_definition((*before)->definition, text)) return {};
    if (*before) {
        if (const auto ended = end_group(**before, page); !ended) return tl::unexpected(ended.error());
    }
    const Status kept = store_.save(name, text);
    if (!kept) return refuse(kept.error());
    return {};
}

CohortAnswer<SavedCohort> CohortService::saved(const std::string& name) {
    auto found = store_.find(name);
    if (!found) return refuse(found.error());
    if (!*found) return refuse(404, "no cohort of that name is saved");
    return std::move(**found);
}

CohortAnswer<Ran> CohortService::run_saved(const std::string& name, const CohortPage& page) {
    const auto kept = saved(name);
    if (!kept) return tl::unexpected(kept.error());
    if (!page.cursor.empty()) return resume(kept->definition, page);
    auto definition = engine_.read(kept->definition);
    if (!definition) return refuse(definition.error());
    if (!page.frozen) return run(kept->definition, *std::move(definition), page);
    auto run = begin(definition->target, page);
    if (!run) return tl::unexpected(run.error());
    if (kept->frozen.empty()) return refuse(404, "the cohort was never frozen");
    boost::system::error_code error;
    const json::value document = json::parse(kept->frozen, error);
    auto selection = cohort::read_selection(document, *definition);
    if (!selection) return refuse(selection.error());
    if (forward_token_) {
        const auto readable = (*run)->keep_readable(*selection);
        if (!readable) return refuse(readable.error());
    }
    return first_page({*std::move(definition), *std::move(selection), owner_of(page), kept->definition, true},
                      *std::move(run));
}

CohortAnswer<std::string> CohortService::document(Ran& ran, const CohortPage& page) {
    const CohortResult& result = *ran.result;
    const std::size_t most = std::min(result.selection.members.size(), ran.first + page.limit);
    auto patients =
        patients_of_page(ran.first, most, kLargestPage, [&](std::size_t first, std::size_t count) {
            return ran.run->describe(result.definition, result.selection, first, count, retrieve_root(page));
        });
    if (!patients) return refuse(patients.error());
    json::object document;
    if (!result.definition.name.empty()) document["name"] = result.definition.name;
    document["asOf"] = result.selection.as_of_text;
    document["total"] = cohort::totals_of(result.selection);
    if (patients->end < result.selection.members.size()) {
        if (ran.key.empty()) ran.key = results_.add(ran.result, Clock::now());
        document["next"] = CohortCursor{ran.key, patients->end}.to_text();
    }
    document["stats"] = ran.run->stats();
    std::string text = fhir::serialize_exact(document);
    text.pop_back();
    return text.append(",\"patients\":").append(patients->json) + '}';
}

CohortAnswer<std::unique_ptr<ByteSource>> CohortService::lines(CohortAnswer<Ran> ran,
                                                               const CohortPage& page) {
    if (!ran) return tl::unexpected(std::move(ran).error());
    return std::make_unique<LineSource>(std::move(ran->result), retrieve_root(page), std::move(ran->run));
}

CohortAnswer<std::string> CohortService::list() {
    const auto kept = store_.list();
    if (!kept) return refuse(kept.error());
    json::array cohorts;
    for (const SavedCohort& each : *kept) {
        boost::system::error_code error;
        json::value definition = json::parse(each.definition, error);
        cohorts.push_back(json::object{{"name", each.name}, {"definition", std::move(definition)}});
    }
    return json::serialize(json::object{{"cohorts", std::move(cohorts)}});
}

CohortAnswer<std::vector<api::CohortStudy>> CohortService::studies(const std::string& name,
                                                                   const CohortPage& page) {
    const auto ran = run_saved(name, page);
    if (!ran) return tl::unexpected(ran.error());
    std::vector<api::CohortStudy> studies;
    for (const cohort::Member& member : ran->result->selection.members) {
        for (const cohort::StudyHit& study : member.studies)
            studies.push_back({study.partition, study.uid});
    }
    return studies;
}

CohortAnswer<std::string> CohortService::freeze(const std::string& name, const CohortPage& page) {
    const auto ran = run_saved(name, page);
    if (!ran) return tl::unexpected(ran.error());
    const CohortResult& result = *ran->result;
    const auto mine = groups_.turn_to_freeze(name);
    if (!mine) return refuse(mine.error());
    const auto kept = store_.freeze(name, result.text,
                                    json::serialize(cohort::to_json(result.selection, result.definition)));
    if (!kept) return refuse(kept.error());
    if (!*kept) {
        // Neither a deletion nor another definition waits for a question that is being answered.
        if (const auto left = saved(name); !left) return tl::unexpected(left.error());
        return refuse(409, "the cohort was defined anew while it was run");
    }
    json::object answer{{"name", name},
                        {"asOf", result.selection.as_of_text},
                        {"total", cohort::totals_of(result.selection)}};
    const auto group = groups_.write(*ran->run, name, result.selection);
    if (!group) return refuse(group.error());
    answer.insert(group->begin(), group->end());
    return json::serialize(answer);
}

CohortAnswer<void> CohortService::remove(const std::string& name, const CohortPage& page) {
    if (const auto allowed = check_token(page); !allowed) return tl::unexpected(allowed.error());
    const auto mine = groups_.turn_to_end(name);
    if (!mine) return refuse(mine.error());
    const auto kept = saved(name);
    if (!kept) return tl::unexpected(kept.error());
    if (const auto ended = end_group(*kept, page); !ended) return tl::unexpected(ended.error());
    const auto removed = store_.remove(name);
    if (!removed) return refuse(removed.error());
    if (!*removed) return refuse(404, "no cohort of that name is saved");
    return {};
}

}  // namespace

std::string saved_cohorts_file(const std::string& folder) {
    return folder + "/cohorts.sqlite";
}

/// Members are destroyed from the bottom up.
struct CohortServer::Graph {
    std::stop_source stopping;
    std::unique_ptr<CastStateFile> file;
    std::unique_ptr<CohortStore> store;
    std::unique_ptr<CohortEngine> engine;
    std::unique_ptr<CohortService> service;
};

Result<std::unique_ptr<CohortServer>> CohortServer::open(const Settings& settings, archive::Archive& archive,
                                                         const std::string& folder) {
    auto graph = std::make_unique<Graph>();
    ISO_TRY(graph->engine, CohortEngine::open(settings, &archive, graph->stopping.get_token()));
    ISO_TRY(graph->file, CastStateFile::open(saved_cohorts_file(folder)));
    ISO_TRY(graph->store, CohortStore::open(*graph->file));
    std::string root;
    const bool is_told = !settings.dicomweb_endpoint.empty() || !settings.public_url.empty();
    if (is_told) {
        ISO_TRY(root, retrieve_root(settings));
    }
    graph->service =
        std::make_unique<CohortService>(*graph->engine, *graph->store, settings, std::move(root));
    return std::unique_ptr<CohortServer>(new CohortServer(std::move(graph)));
}

CohortServer::CohortServer(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
CohortServer::~CohortServer() = default;

api::Cohorts& CohortServer::cohorts() {
    return *graph_->service;
}

void CohortServer::request_stop() {
    graph_->stopping.request_stop();
}

}  // namespace isocenter::app
