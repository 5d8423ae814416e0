{#
    Every purpose with all its keys: the declared ones, and the three rights of the
    privacy laws, which exist whether declared or not. docs/consent.md says what the keys
    mean.

    Returns a dictionary: name → {enforcement, enforcement_by_country, parent, ancestors,
    channel, valid_for_months, double_opt_in, conflict, is_right}; the ancestors are the
    purposes above, nearest first. A declaration that is wrong is taken as far as it goes:
    validate_settings stops it before any model is built, but dbt parses the models first.

    Example
        {{ dbt_consent.purposes()['newsletter'].parent }}   → 'use'
#}
{% macro purposes() -%}
    {%- set rights = dbt_consent.rights() -%}
    {%- set declared = dbt_consent.setting('purposes') -%}
    {%- set all = {} -%}
    {%- for name in rights + (declared.keys() | reject('in', rights) | list) -%}
        {%- set given = declared.get(name) if declared.get(name) is mapping else {} -%}
        {%- set enforcement = given.get(
            'enforcement', 'opt_out' if name in rights else 'opt_in'
        ) -%}
        {%- do all.update({name: {
            'enforcement': enforcement,
            'enforcement_by_country': given.get('enforcement_by_country')
                if given.get('enforcement_by_country') is mapping else {},
            'parent': none if name in rights or enforcement == 'none'
                else given.get('parent') or 'use',
            'channel': given.get('channel'),
            'valid_for_months': given.get('valid_for_months'),
            'double_opt_in': given.get('double_opt_in', false),
            'conflict': given.get('conflict', 'latest_denial'),
            'is_right': name in rights,
            'ancestors': [],
        }}) -%}
    {%- endfor -%}
    {%- for purpose in all.values() -%}
        {%- set above = namespace(name=purpose.parent) -%}
        {%- for _ in all -%}
            {%- if above.name not in all -%}{%- break -%}{%- endif -%}
            {%- do purpose.ancestors.append(above.name) -%}
            {%- set above.name = all[above.name].parent -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(all) }}
{%- endmacro %}

{# The rights of the privacy laws: not to have one's data used, sold, kept. #}
{% macro rights() -%}
    {{ return(['use', 'sale', 'storage']) }}
{%- endmacro %}

{# True when the enforcement of any purpose differs between countries. #}
{% macro is_by_country() -%}
    {%- set differing = [] -%}
    {%- for name, purpose in dbt_consent.purposes().items() if purpose.enforcement_by_country -%}
        {%- do differing.append(name) -%}
    {%- endfor -%}
    {{ return(differing | length > 0) }}
{%- endmacro %}
