{#
    A subquery of the versions of evidence that a retraction takes back, as known at
    known_at: {version_id, denials_too}. A retraction names an event, or a model and a load. It
    takes back the versions that had come by then, and later ones that say the same with
    the same time: the source still has the mistake. Denials only where `denials_too`.

    Arguments
        stored       consent_events
        retractions  int_consent__standing_retractions

    The rule: docs/consent.md, "Mistakes in the evidence".
#}
{% macro retracted_versions(stored, retractions) -%}
    {%- set stated = 'coalesce(%s.recorded_at, %s.confirmed_at)' -%}
    (
        select
            later.version_id,
            max(case when retractions.denials_too then 1 else 0 end) = 1 as denials_too
        from {{ stored }} as named
        inner join {{ retractions }} as retractions
            on
                named.first_seen_at <= retractions.retracted_at
                and (
                    retractions.event_id = named.event_id
                    or (
                        retractions.consent_model = named.consent_model
                        and retractions.first_seen_at = named.first_seen_at
                    )
                )
        inner join {{ stored }} as later
            on
                named.event_id = later.event_id
                and (
                    named.version_id = later.version_id
                    or (
                        later.first_seen_at > retractions.retracted_at
                        and later.raw_status = named.raw_status
                        and coalesce({{ stated % ('later', 'later') }}, {{ dbt_consent.timestamp_literal('0001-01-01 00:00:00') }})
                        = coalesce({{ stated % ('named', 'named') }}, {{ dbt_consent.timestamp_literal('0001-01-01 00:00:00') }})
                    )
                )
        group by later.version_id
    )
{%- endmacro %}
