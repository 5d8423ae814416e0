{#
    What holds for a purpose where nothing is known of the person: no event, no country,
    no suppression.

    Arguments
        purposes  all of them: dbt_consent.purposes()
        name      which one

    Returns {is_permitted, reason, reason_detail}.

    Example
        {{ dbt_consent.default_permission(purposes, 'newsletter').reason }}   → 'no_record'
#}
{% macro default_permission(purposes, name) -%}
    {%- set closed = [] -%}
    {%- for ancestor in purposes[name].ancestors if purposes[ancestor].enforcement == 'opt_in' -%}
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
{% macro depends_on_country(purposes, name) -%}
    {%- set differing = [] -%}
    {%- for each in [name] + purposes[name].ancestors if purposes[each].enforcement_by_country -%}
        {%- do differing.append(each) -%}
    {%- endfor -%}
    {{ return(differing | length > 0) }}
{%- endmacro %}
