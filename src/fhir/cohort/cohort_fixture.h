#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "fhir/cohort/cohort_fakes.h"
#include "fhir/cohort/find.h"

namespace isocenter::fhir::cohort {

/// A FHIR server and an archive in memory, and questions to both.
class Cohort : public testing::Test {
  protected:
    Cohort() { content.patient_system_id = "urn:mrn"; }

    void patient(const std::string& id, const std::string& more = "") {
        server.add(fmt::format(R"({{"resourceType":"Patient","id":"{0}","birthDate":"1970-01-01",
                                  "identifier":[{{"system":"urn:mrn","value":"mrn-{0}"}}]{1}}})",
                               id, more));
    }
    void resource(const std::string& type, const std::string& id, const std::string& patient,
                  const std::string& code, const std::string& more = "") {
        server.add(fmt::format(
            R"({{"resourceType":"{}","id":"{}","code":{{"text":"{}"}},"subject":{{"reference":"Patient/{}"}}{}}})",
            type, id, code, patient, more));
    }
    void condition(const std::string& id, const std::string& patient, const std::string& code,
                   const std::string& date = "2026-01-01") {
        resource("Condition", id, patient, code, R"(,"onsetDateTime":")" + date + '"');
    }
    Found<Selection> find(const std::string& text) {
        definition = *read_definition(std::string_view(text));
        return find_patients(definition, "", "2026-11-24T10:00:00Z", sources());
    }
    Sources sources() { return {.fhir = client, .archive = &studies, .content = content}; }
    std::string ids(const std::string& text) {
        const auto selection = find(text);
        if (!selection) return selection.error().where + ": " + selection.error().text;
        std::string joined;
        for (const Member& member : selection->members)
            joined += (joined.empty() ? "" : " ") + member.id;
        return joined;
    }

    FakeFhir server;
    FakeStudies studies;
    Options content;
    Definition definition;
    FhirClient client{server, {.base = server.base}};
};

}  // namespace isocenter::fhir::cohort
