{#
    What holds for a purpose where nothing is known of the person: no event, no country,
    no suppression.

    Returns {is_permitted, reason, reason_detail}.

    Example
        {{ dbt_consent.default_permission('newsletter').reason }}   → 'no_record'
#}
{% macro default_permission(name) -%}
    {%- set purposes = dbt_consent.purposes() -%}
    {%- set closed = [] -%}
    {%- for ancestor in dbt_consent.purpose_ancestors(name) if purposes[ancestor].enforcement == 'opt_in' -%}
        {%- do closed.append(ancestor) -%}
    {%- endfor -%}
    {%- if purposes[name].enforcement == 'none' -%}
        {{ return({'is_permitted': true, 'reason': 'not_required', 'reason_detail': none}) }}
    {%- elif closed -%}
        {{ return({'is_permitted': false, 'reason': 'parent_not_permitted', 'reason_detail': closed[0]}) }}
    {%- elif purposes[name].enforcement == 'opt_in' -%}
        {{ return({'is_permitted': false, 'reason': 'no_record', 'reason_detail': none}) }}
    {%- else -%}
        {{ return({'is_permitted': true, 'reason': 'not_denied', 'reason_detail': none}) }}
    {%- endif -%}
{%- endmacro %}

{# True when the enforcement of a purpose or of an ancestor differs between countries. #}
{% macro depends_on_country(name) -%}
    {%- set purposes = dbt_consent.purposes() -%}
    {%- set differing = [] -%}
    {%- for each in [name] + dbt_consent.purpose_ancestors(name) if purposes[each].enforcement_by_country -%}
        {%- do differing.append(each) -%}
    {%- endfor -%}
    {{ return(differing | length > 0) }}
{%- endmacro %}
