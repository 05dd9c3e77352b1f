// The explanation as a document.
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/sinks/dashboard_rows.hpp"
#include "daemon/sinks/explanation.hpp"

namespace contagiond::sinks {
namespace {

using Json = nlohmann::ordered_json;

Json condition_json(const ExplainedCondition& condition) {
    const core::ConditionReading& r = condition.cause.reading;
    return {{"condition", core::to_string(r.condition)},
            {"label", condition.label},
            {"meaning", condition.meaning},
            {"unit", core::to_string(r.unit)},
            {"value", json_number(r.value)},
            {"threshold", json_number(r.threshold)},
            {"asked", r.at_least ? "at_least" : "at_most"},
            {"ratio", json_number(r.ratio)},
            {"value_text", condition.value},
            {"asked_text", condition.asked},
            {"margin_text", condition.margin},
            {"held_since", json_time(condition.cause.held_since)},
            {"last_to_hold", condition.last},
            {"source_higher", json_number(condition.cause.source_higher)},
            {"target_higher", json_number(condition.cause.target_higher)},
            {"prevention", condition.prevention}};
}

}  // namespace

std::string explanation_document(const core::Episode& episode, const DocumentContext& context) {
    const Explanation told = explain(episode, context);
    Json conditions = Json::array(), also = Json::array(), prevention = Json::array();
    for (const ExplainedCondition& condition : told.conditions)
        conditions.push_back(condition_json(condition));
    for (const ExplainedFact& fact : told.also)
        also.push_back(
            {{"name", fact.name}, {"text", fact.text}, {"since", json_time(fact.since)}});
    for (const std::size_t place : told.prevention) {
        const ExplainedCondition& condition = told.conditions[place];
        prevention.push_back({{"condition", core::to_string(condition.cause.reading.condition)},
                              {"text", condition.prevention}});
    }
    const Json document{
        {"schema", "contagiond.explanation/1"},
        {"id", episode.id.view()},
        {"title", title(episode, context)},
        {"rule", core::to_string(episode.rule)},
        {"attribution", core::to_string(episode.attribution)},
        {"source", told.source},
        {"target", told.known ? Json(told.target) : Json()},
        {"started_at", json_time(episode.started_at)},
        {"detected_at", json_time(episode.detected_at)},
        {"score", told.known ? json_number(episode.cause->score) : Json()},
        {"enter_score", context.engine->detector.enter_score},
        {"known", told.known},
        {"conditions", std::move(conditions)},
        {"why_then", told.known ? Json(told.why_then) : Json()},
        {"also", std::move(also)},
        {"prevention", std::move(prevention)},
        {"threshold_factor",
         {{"now", told.factor_now}, {"prevented_above", json_number(told.factor_from)}}},
        {"note", told.note}};
    return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace contagiond::sinks
