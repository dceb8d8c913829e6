#include "api/dicomweb/accept.h"

#include <algorithm>
#include <array>
#include <optional>

#include "http/ascii.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

struct Alias {
    std::string_view old_name;
    std::string_view name;
};

/// Names of drafts and of clients that never changed (PS3.18 8.7.3.3.2 note 3).
constexpr std::array kAliases = {
    Alias{"image/x-dicom-rle", "image/dicom-rle"},
    Alias{"image/dicom+rle", "image/dicom-rle"},
    Alias{"image/x-jls", "image/jls"},
    Alias{"image/x-jpeg-ls", "image/jls"},
    Alias{"image/dicom+jpeg", "image/jpeg"},
    Alias{"image/dicom+jpeg-ls", "image/jls"},
    Alias{"image/dicom+jp2", "image/jp2"},
    Alias{"image/dicom+jpx", "image/jpx"},
    Alias{"image/jpg", "image/jpeg"},
};

std::string_view current_name(std::string_view essence) {
    for (const Alias& alias : kAliases) {
        if (http::equals_ignore_case(essence, alias.old_name)) return alias.name;
    }
    return essence;
}

void replace_aliases(std::vector<http::MediaType>& ranges) {
    for (http::MediaType& range : ranges) {
        const std::string essence = range.essence();
        const std::string_view name = current_name(essence);
        if (name != essence) {
            range.type = std::string(name.substr(0, name.find('/')));
            range.subtype = std::string(name.substr(name.find('/') + 1));
        }
        for (auto& [param, value] : range.params) {
            if (param == "type") value = std::string(current_name(value));
        }
    }
}

/// The types of PS3.18 table 8.7.4-1.
bool is_rendered_type(std::string_view essence) {
    // Without text/xml, which also is an old name of application/dicom+xml (standard-face.md 2.1).
    constexpr std::array<std::string_view, 12> kTypes = {
        "image/jpeg", "image/gif", "image/png",       "image/jp2",  "image/webp", "text/html",
        "text/plain", "text/rtf",  "application/pdf", "video/mpeg", "video/mp4",  "video/h265",
    };
    return std::ranges::any_of(
        kTypes, [essence](std::string_view type) { return http::equals_ignore_case(essence, type); });
}

/// A transfer syntax makes a range one of bulk data: a rendered type has none (PS3.18 8.7.4).
bool mixes_dicom_and_rendered(const std::vector<http::MediaType>& ranges) {
    bool dicom = false;
    bool rendered = false;
    for (const http::MediaType& range : ranges) {
        const std::string essence =
            range.type == "multipart" ? std::string(range.param("type").value_or("")) : range.essence();
        dicom = dicom || http::starts_with_ignore_case(essence, "application/dicom");
        rendered = rendered || (is_rendered_type(essence) && !range.param("transfer-syntax"));
    }
    return dicom && rendered;
}

std::string accept_parameter(const http::Request& request) {
    std::string joined;
    const auto items = http::parse_query(request.query);
    if (!items) return joined;
    for (const http::QueryItem& item : *items) {
        if (item.name != "accept" || item.value.empty()) continue;
        if (!joined.empty()) joined += ',';
        joined += item.value;
    }
    return joined;
}

/// How well a range fits a data-set form; 0: not at all, more: more specific.
int fit(const http::MediaType& range, DataSetForm form) {
    const std::string essence = range.essence();
    if (essence == "*/*") return 1;
    const auto root = range.param("type");
    switch (form) {
        case DataSetForm::json:
            if (essence == "application/dicom+json" || essence == "application/json") return 3;
            return essence == "application/*" ? 2 : 0;
        case DataSetForm::xml:
            if (essence == "application/dicom+xml" || essence == "application/xml" || essence == "text/xml")
                return 3;
            return essence == "application/*" || essence == "text/*" ? 2 : 0;
        case DataSetForm::multipart_xml:
            if (range.type != "multipart" || (range.subtype != "related" && range.subtype != "*")) return 0;
            if (!root || *root == "*/*") return 2;
            return http::equals_ignore_case(*root, "application/dicom+xml") ||
                           http::equals_ignore_case(*root, "application/xml") ||
                           http::equals_ignore_case(*root, "text/xml")
                       ? 3
                       : 0;
    }
    return 0;
}

std::vector<DataSetForm> forms_of(const Profile& profile, const DataSetOffer& offer) {
    std::vector<DataSetForm> forms{DataSetForm::json};
    if (profile.standard && offer.multipart_xml) forms.push_back(DataSetForm::multipart_xml);
    if (profile.standard && offer.xml) forms.push_back(DataSetForm::xml);
    return forms;
}

std::optional<DataSetForm> best_form(const std::vector<http::MediaType>& ranges,
                                     const std::vector<DataSetForm>& forms, bool ignore_q) {
    std::optional<DataSetForm> best;
    double best_q = 0;
    for (const DataSetForm form : forms) {
        int closest = 0;
        double q = 0;
        for (const http::MediaType& range : ranges) {
            const int closeness = fit(range, form);
            if (closeness <= closest) continue;
            closest = closeness;
            q = ignore_q ? 1 : range.q;
        }
        if (q > best_q) {
            best = form;
            best_q = q;
        }
    }
    return best;
}

}  // namespace

AcceptLists read_accept(const Profile& profile, const http::Request& request) {
    AcceptLists lists;
    const std::string header = request.headers.joined("Accept");
    if (http::trim(header).empty()) {
        if (!profile.strict_accept) lists.header = http::parse_accept("*/*");
    } else {
        lists.header = http::parse_accept(header);
        lists.header_well_formed = http::is_well_formed_accept(header);
    }
    if (profile.standard) lists.parameter = http::parse_accept(accept_parameter(request));
    replace_aliases(lists.header);
    replace_aliases(lists.parameter);
    return lists;
}

Status check_accept(const Profile& profile, const http::Request& request) {
    const AcceptLists lists = read_accept(profile, request);
    if (mixes_dicom_and_rendered(lists.parameter))
        return fail(ErrorCode::invalid_request,
                    "The parameter accept names DICOM and rendered media types together.");
    if (profile.strict_accept && mixes_dicom_and_rendered(lists.header))
        return fail(ErrorCode::invalid_request,
                    "The header Accept names DICOM and rendered media types together.");
    return {};
}

std::vector<std::string> asked_ranges(const http::Request& request) {
    std::vector<std::string> asked;
    const std::string parameter = accept_parameter(request);
    if (!parameter.empty()) asked.push_back(parameter);
    const std::string header = request.headers.joined("Accept");
    if (!header.empty()) asked.push_back(header);
    return asked;
}

Result<DataSetForm> choose_data_set_form(const Profile& profile, const http::Request& request,
                                         const DataSetOffer& offer) {
    const AcceptLists lists = read_accept(profile, request);
    const std::vector<DataSetForm> forms = forms_of(profile, offer);
    if (profile.standard || lists.header_well_formed) {
        if (const auto form = best_form(lists.parameter, forms, false)) return *form;
        if (const auto form = best_form(lists.header, forms, !profile.standard)) return *form;
    }
    return fail(ErrorCode::not_acceptable, "None of the accepted media types is offered by this resource.");
}

std::vector<std::string> available_forms(const Profile& profile, const DataSetOffer& offer) {
    std::vector<std::string> names;
    for (const DataSetForm form : forms_of(profile, offer)) {
        switch (form) {
            case DataSetForm::json:
                names.emplace_back("application/dicom+json");
                break;
            case DataSetForm::multipart_xml:
                names.emplace_back("multipart/related; type=\"application/dicom+xml\"");
                break;
            case DataSetForm::xml:
                names.emplace_back("application/dicom+xml");
                break;
        }
    }
    return names;
}

}  // namespace isocenter::api
