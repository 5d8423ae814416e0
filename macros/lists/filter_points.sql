{#
    What a contact point's own events say, for each needed purpose and all above it:
    granted_<purpose> and denied_<purpose> are times, of the latest grant in force that no
    own denial follows, and of the denial that stands; lapsed_<purpose> is why there is no
    grant. Purposes that nothing can forbid are left out.
#}
{% macro _filter_evidence(purposes, required) -%}
create temporary table consent_list_evidence as
select
    statuses.key_type,
    statuses.key_value
    {%- for name in dbt_consent._filter_line(purposes, required) %},
    max(case
        when statuses.purpose = '{{ name }}' and not statuses.is_denied
            then statuses.granted_at
    end) as granted_{{ name }},
    max(case
        when statuses.purpose = '{{ name }}' and statuses.is_denied then statuses.denied_at
    end) as denied_{{ name }},
    max(case
        when statuses.purpose <> '{{ name }}' then null
        when statuses.expired_at is not null or statuses.expired_id is not null
            then 'expired'
        when statuses.pending_at is not null or statuses.pending_id is not null
            then 'unconfirmed'
        when statuses.given_for is not null then 'granted_elsewhere'
    end) as lapsed_{{ name }}
    {%- endfor %},
    max(case
        when statuses.is_denied
        {%- for name in required if purposes[name].enforcement == 'none' %}
        and statuses.purpose <> '{{ name }}'
        {%- endfor %} then 1
        else 0
    end) = 1 as is_denied_for_any
from {{ dbt_consent.model_relation('int_consent__point_statuses') }} as statuses
where statuses.purpose in ('{{ dbt_consent._filter_line(purposes, required) | join("', '") }}')
group by statuses.key_type, statuses.key_value
{%- endmacro %}

{# The needed purposes and all above them that something can forbid. #}
{% macro _filter_line(purposes, required) -%}
    {%- set line = [] -%}
    {%- for name in required -%}
        {%- for each in [name] + purposes[name].ancestors
            if each not in line
            and (each in required or purposes[each].enforcement != 'none') -%}
            {%- do line.append(each) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(line) }}
{%- endmacro %}

{#
    Each contact point of the list once: whether profiles have it, what that or its own
    events make of it for the purposes (`verdict` and `reason`), and what bars a row that
    names it, whatever else it names (`bar`).
#}
{% macro _filter_points(purposes, required, channel) -%}
create temporary table consent_list_points as
with named as (
    select key_type, key_value
    from consent_list_named
    where key_value is not null
    group by key_type, key_value
),
decided as (
    select
        permissions.key_type,
        permissions.key_value,
        min(case when permissions.is_permitted then 1 else 0 end) = 1 as is_permitted,
        {{ dbt_consent.min_by_code_point(
            'case when not permissions.is_permitted then permissions.reason end'
        ) }} as reason
    from {{ dbt_consent.model_relation('contact_point_permissions') }} as permissions
    inner join named
        on
            permissions.key_type = named.key_type
            and permissions.key_value = named.key_value
    where permissions.purpose in ('{{ required | join("', '") }}')
    group by permissions.key_type, permissions.key_value
),
{%- if not channel %}
of_people as (
    select
        points.key_type,
        points.key_value,
        min(case when consents.is_permitted then 1 else 0 end) = 1 as is_permitted,
        {{ dbt_consent.min_by_code_point(
            'case when not consents.is_permitted then consents.reason end'
        ) }} as reason
    from {{ dbt_consent.model_relation('profile_contact_points') }} as points
    inner join named
        on points.key_type = named.key_type and points.key_value = named.key_value
    inner join {{ dbt_consent.model_relation('profile_consents') }} as consents
        on points.profile_id = consents.profile_id
    where consents.purpose in ('{{ required | join("', '") }}')
    group by points.key_type, points.key_value
),
{%- endif %}
had as (
    select points.key_type, points.key_value
    from {{ dbt_consent.model_relation('int_identity__contact_points') }} as points
    inner join named
        on points.key_type = named.key_type and points.key_value = named.key_value
    group by points.key_type, points.key_value
),
withheld as (
    select points.key_type, points.key_value
    from {{ dbt_consent.model_relation('int_identity__contact_points') }} as points
    inner join {{ dbt_consent.model_relation('int_consent__withheld_profiles') }} as gone
        on points.profile_id = gone.profile_id
    group by points.key_type, points.key_value
),
former as (
    select key_type, key_value
    from {{ dbt_consent.model_relation('int_identity__former_points') }}
    group by key_type, key_value
),
erased as (
    select hashed.key_type, hashed.key_value
    from (
        select
            named.key_type,
            named.key_value,
            {{ dbt_consent.contact_point_hash('named.key_type', 'named.key_value') }}
                as contact_point_hash
        from named
        where {{ 'true' if dbt_consent.has_rows(
            dbt_consent.model_relation('tombstones')
        ) else 'false' }}
    ) as hashed
    inner join {{ dbt_consent.model_relation('tombstones') }} as tombstones
        on hashed.contact_point_hash = tombstones.contact_point_hash
    left join (
        select key_type, key_value, max(granted_at) as granted_at
        from {{ dbt_consent.model_relation('int_consent__point_statuses') }}
        where purpose = 'storage'
        group by key_type, key_value
    ) as kept
        on hashed.key_type = kept.key_type and hashed.key_value = kept.key_value
    where kept.granted_at is null or kept.granted_at <= tombstones.denied_at
    group by hashed.key_type, hashed.key_value
),
own as (
    select
        named.key_type,
        named.key_value,
        {%- for name in required %}
        {{ dbt_consent._filter_own_answer(purposes, name) }} as answer_{{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from named
    left join consent_list_evidence as evidence
        on
            named.key_type = evidence.key_type
            and named.key_value = evidence.key_value
)
select
    named.key_type,
    named.key_value,
    had.key_value is not null as is_known,
    own.answer_{{ required[0] }} = 'denied'
    {%- for name in required[1:] %} or own.answer_{{ name }} = 'denied'{% endfor %}
        as is_denied,
    case
        when withheld.key_value is not null or erased.key_value is not null then 'withheld'
        when suppressed.key_value is not null then 'suppressed'
        {%- if not channel %}
        when not coalesce(of_people.is_permitted, true)
            then coalesce(of_people.reason, 'no_record')
        {%- endif %}
        when former.key_value is not null then 'former_contact_point'
    end as bar,
    {#- a profile's decision; of somebody unknown, the contact point's own events #}
    case
        when had.key_value is not null
            then case when coalesce(decided.is_permitted, false) then 'permitted' else 'refused' end
        {%- for name in required %}
        when own.answer_{{ name }} not in ('granted', 'unknown') then 'refused'
        {%- endfor %}
        when own.answer_{{ required[0] }} = 'granted'
        {%- for name in required[1:] %} and own.answer_{{ name }} = 'granted'{% endfor %}
            then 'permitted'
        else 'unknown'
    end as verdict,
    case
        when had.key_value is not null
            then case
                when coalesce(decided.is_permitted, false) then 'permitted'
                else coalesce(decided.reason, 'no_record')
            end
        {%- for name in required %}
        when own.answer_{{ name }} not in ('granted', 'unknown') then own.answer_{{ name }}
        {%- endfor %}
        when own.answer_{{ required[0] }} = 'granted'
        {%- for name in required[1:] %} and own.answer_{{ name }} = 'granted'{% endfor %}
            then 'granted'
        else 'not_known_here'
    end as reason
from named
inner join own on named.key_type = own.key_type and named.key_value = own.key_value
left join decided
    on named.key_type = decided.key_type and named.key_value = decided.key_value
{%- if not channel %}
left join of_people
    on named.key_type = of_people.key_type and named.key_value = of_people.key_value
{%- endif %}
left join had on named.key_type = had.key_type and named.key_value = had.key_value
left join withheld
    on named.key_type = withheld.key_type and named.key_value = withheld.key_value
left join former
    on named.key_type = former.key_type and named.key_value = former.key_value
left join erased
    on named.key_type = erased.key_type and named.key_value = erased.key_value
left join (
    select key_type, key_value
    from {{ dbt_consent.model_relation('int_consent__suppressions') }}
    group by key_type, key_value
) as suppressed
    on named.key_type = suppressed.key_type and named.key_value = suppressed.key_value
{%- endmacro %}

{#
    What a contact point's own events make of one purpose, where nobody is known who has
    it: `granted` by an own grant alone, `denied`, why there is no grant, or `unknown`
    where the enforcement would let somebody through of whom nothing is known. Stricter
    than a profile's decision: only a grant of the purpose itself lifts a denial above it,
    and the strictest of all countries holds.
#}
{% macro _filter_own_answer(purposes, name) -%}
    {%- set above = [] -%}
    {%- for each in purposes[name].ancestors if purposes[each].enforcement != 'none' -%}
        {%- do above.append(each) -%}
    {%- endfor -%}
    {%- if purposes[name].enforcement == 'none' -%}
        case when evidence.granted_{{ name }} is not null then 'granted' else 'unknown' end
    {%- else -%}
        case
            when evidence.denied_{{ name }} is not null then 'denied'
            {%- for each in above %}
            when
                evidence.denied_{{ each }} is not null
                {%- if purposes[each].conflict != 'any_denial' %}
                and (
                    evidence.granted_{{ name }} is null
                    or evidence.granted_{{ name }} <= evidence.denied_{{ each }}
                )
                {%- endif %}
                then 'denied'
            {%- endfor %}
            {%- for each in above if dbt_consent._filter_is_opt_in(purposes[each]) %}
            when evidence.granted_{{ each }} is null then 'parent_not_permitted'
            {%- endfor %}
            when evidence.granted_{{ name }} is not null then 'granted'
            {%- if dbt_consent._filter_is_opt_in(purposes[name]) %}
            else coalesce(evidence.lapsed_{{ name }}, 'no_record')
            {%- else %}
            else 'unknown'
            {%- endif %}
        end
    {%- endif -%}
{%- endmacro %}

{# Of somebody whose country is not known: the strictest of all that are listed. #}
{% macro _filter_is_opt_in(purpose) -%}
    {{ return(
        purpose.enforcement == 'opt_in'
        or 'opt_in' in (purpose.enforcement_by_country.values() | list)
    ) }}
{%- endmacro %}
