{#
    The SQL of `consent filter`: which rows of a list from elsewhere may be used for a
    purpose. Nothing is run here; the command runs it over the tables of the last build.
    The rules: docs/lists.md.

    It reads a temporary table `consent_list`, one row per filled cell of a contact
    column: row_number and column_number (bigint, from 0), key_type, raw, country (text).

    Arguments
        purpose          what the list is to be used for
        is_third_party   the list goes to somebody else: `sale` is needed too
        may_use_unknown  rows of whom nothing is known may be used, where the purpose's
                         enforcement lets them
        columns          how many contact columns there are

    Returns, and logs as JSON for the command:
        steps    statements that make temporary tables, to run in this order
        verdicts a query: row_number, verdict (`permitted`, `refused`, `unknown`), reason,
                 and keep_<column_number> (boolean): the cell is a contact point that may
                 be used
        hashes   a query: contact_point_hash of each contact point that may be used
#}
{% macro filter_list(purpose, is_third_party, may_use_unknown, columns) -%}
    {%- set purposes = dbt_consent.purposes() -%}
    {%- set required = [purpose] + (['sale'] if is_third_party else []) -%}
    {%- set channel = purposes[purpose].channel -%}
    {%- if execute -%}
        {%- set answer = {
            'steps': [
                dbt_consent._filter_named(),
                dbt_consent._filter_evidence(purposes, required),
                dbt_consent._filter_points(purposes, required, channel),
                dbt_consent._filter_barred(channel),
                dbt_consent._filter_verdicts(channel, may_use_unknown),
                dbt_consent._filter_kept(channel, may_use_unknown),
            ],
            'verdicts': dbt_consent._filter_result(columns),
            'hashes': dbt_consent._filter_hashes(),
        } -%}
        {%- do log('dbt_consent.filter_list ' ~ tojson(answer)) -%}
        {{ return(answer) }}
    {%- endif -%}
{%- endmacro %}

{# Every filled cell, cleaned as sources are; key_value is null where it is no contact point. #}
{% macro _filter_named() -%}
create temporary table consent_list_named as
with cleaned as (
    select
        row_number,
        column_number,
        key_type,
        raw,
        case key_type
            {%- for key in dbt_consent.alternate_keys() %}
            {%- set of_kind = "case when key_type = '" ~ key ~ "' then raw end" %}
            when '{{ key }}' then {% if key == 'email' -%}
                {{ dbt_consent.clean_email(of_kind) }}
            {%- elif key == 'phone' -%}
                {{ dbt_consent.clean_phone(of_kind, 'country') }}
            {%- else -%}
                {{ dbt_consent.clean_code('raw') }}
            {%- endif %}
            {%- endfor %}
        end as key_value
    from consent_list
)
select
    row_number,
    column_number,
    key_type,
    case
        when not {{ dbt_consent.is_junk_key('key_type', 'key_value', 'raw') }} then key_value
    end as key_value
from cleaned
{%- endmacro %}

{#
    Rows that name, beside the contact point to be used, one by which a person is reached
    who said no or is suppressed, or one that said no itself.
#}
{% macro _filter_barred(channel) -%}
create temporary table consent_list_barred as
with cells as (
    select
        listed.row_number,
        listed.key_type,
        listed.key_value,
        {{ "listed.key_type = '" ~ channel ~ "'" if channel else 'true' }} as is_for_use,
        points.is_known,
        points.is_denied
    from consent_list_named as listed
    inner join consent_list_points as points
        on
            listed.key_type = points.key_type
            and listed.key_value = points.key_value
),
people as (
    select
        cells.row_number,
        having_it.profile_id
    from cells
    inner join {{ dbt_consent.model_relation('int_identity__contact_points') }} as having_it
        on
            cells.key_type = having_it.key_type
            and cells.key_value = having_it.key_value
    group by cells.row_number, having_it.profile_id
    having max(case when cells.is_for_use then 1 else 0 end) = 0
),
every_point as (
    select profile_id, key_type, key_value
    from {{ dbt_consent.model_relation('int_identity__contact_points') }}
    union
    select profile_id, key_type, key_value
    from {{ dbt_consent.model_relation('int_identity__former_points') }}
),
refusing as (
    select points.profile_id
    from every_point as points
    inner join (
        select key_type, key_value
        from {{ dbt_consent.model_relation('int_consent__suppressions') }}
        union
        select key_type, key_value
        from consent_list_evidence
        where is_denied_for_any
    ) as refused
        on points.key_type = refused.key_type and points.key_value = refused.key_value
    where points.profile_id in (select people.profile_id from people)
    group by points.profile_id
)
select people.row_number
from people
inner join refusing on people.profile_id = refusing.profile_id
union
select cells.row_number
from cells
where cells.is_denied and not cells.is_known
{%- endmacro %}

{# One row per row of the list that names something: its verdict. #}
{% macro _filter_verdicts(channel, may_use_unknown) -%}
create temporary table consent_list_verdicts as
with cells as (
    select
        listed.row_number,
        listed.key_value is not null as is_readable,
        {{ "listed.key_type = '" ~ channel ~ "'" if channel else 'true' }} as is_for_use,
        points.bar,
        points.verdict,
        points.reason
    from consent_list_named as listed
    left join consent_list_points as points
        on
            listed.key_type = points.key_type
            and listed.key_value = points.key_value
),
rows_of_list as (
    select
        row_number,
        max(case when is_for_use then 1 else 0 end) = 1 as is_given,
        max(case when is_for_use and is_readable then 1 else 0 end) = 1 as is_readable,
        min(case bar
            when 'withheld' then 1
            when 'suppressed' then 2
            when 'former_contact_point' then 4
            else case when bar is not null then 3 end
        end) as bar_rank,
        {{ dbt_consent.min_by_code_point(
            "case when bar not in ('withheld', 'suppressed', 'former_contact_point') then bar end"
        ) }} as other_bar,
        max(case when is_for_use and verdict = 'permitted' then 1 else 0 end) = 1
            as is_permitted,
        max(case when is_for_use and verdict = 'unknown' then 1 else 0 end) = 1
            as is_unknown,
        {{ dbt_consent.min_by_code_point(
            "case when is_for_use and verdict = 'permitted' then reason end"
        ) }} as yes_reason,
        {{ dbt_consent.min_by_code_point(
            "case when is_for_use and verdict = 'refused' then reason end"
        ) }} as no_reason
    from cells
    group by row_number
)
select
    rows_of_list.row_number,
    case
        when not rows_of_list.is_readable then 'refused'
        when rows_of_list.bar_rank is not null or barred.row_number is not null then 'refused'
        when rows_of_list.is_permitted then 'permitted'
        when rows_of_list.is_unknown then '{{ 'permitted' if may_use_unknown else 'unknown' }}'
        else 'refused'
    end as verdict,
    case
        when not rows_of_list.is_given then 'no_contact_point'
        when not rows_of_list.is_readable then 'not_readable'
        when rows_of_list.bar_rank = 1 then 'withheld'
        when rows_of_list.bar_rank = 2 then 'suppressed'
        when rows_of_list.bar_rank = 3 then rows_of_list.other_bar
        when barred.row_number is not null then 'denied_elsewhere'
        when rows_of_list.bar_rank = 4 then 'former_contact_point'
        when rows_of_list.is_permitted then rows_of_list.yes_reason
        when rows_of_list.is_unknown then 'not_known_here'
        else rows_of_list.no_reason
    end as reason
from rows_of_list
left join consent_list_barred as barred
    on rows_of_list.row_number = barred.row_number
{%- endmacro %}

{# The cells of rows to be used that may be used themselves. #}
{% macro _filter_kept(channel, may_use_unknown) -%}
create temporary table consent_list_kept as
select
    listed.row_number,
    listed.column_number,
    listed.key_type,
    listed.key_value
from consent_list_named as listed
inner join consent_list_verdicts as verdicts
    on listed.row_number = verdicts.row_number
inner join consent_list_points as points
    on
        listed.key_type = points.key_type
        and listed.key_value = points.key_value
where
    verdicts.verdict = 'permitted'
    and points.verdict in ('permitted'{{ ", 'unknown'" if may_use_unknown }})
    {%- if channel %}
    and listed.key_type = '{{ channel }}'
    {%- endif %}
{%- endmacro %}

{% macro _filter_result(columns) -%}
select
    verdicts.row_number,
    verdicts.verdict,
    verdicts.reason
    {%- for number in range(columns) %},
    max(case when kept.column_number = {{ number }} then 1 else 0 end) = 1
        as keep_{{ number }}
    {%- endfor %}
from consent_list_verdicts as verdicts
left join consent_list_kept as kept
    on verdicts.row_number = kept.row_number
group by verdicts.row_number, verdicts.verdict, verdicts.reason
order by verdicts.row_number
{%- endmacro %}

{% macro _filter_hashes() -%}
select {{ dbt_consent.contact_point_hash('key_type', 'key_value') }} as contact_point_hash
from consent_list_kept
group by key_type, key_value
{%- endmacro %}
