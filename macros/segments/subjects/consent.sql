{#
    The leaf `consent`: whether the profile may be used for a purpose, or the status of its
    best contact point. Warns where a denial could make somebody a member.
#}
{% macro _read_consent(read, condition) -%}
    {%- set given = condition.given -%}
    {%- set at = condition.at -%}
    {%- set purposes = dbt_consent.purposes() -%}
    {%- set statuses = read.language.statuses -%}
    {%- set purpose = given.consent -%}
    {%- set asked = given.get('is', 'permitted') -%}
    {%- set asked = [asked] if asked is not sequence or asked is string or asked is mapping else asked -%}
    {%- set before = read.errors | length -%}

    {%- do dbt_consent._reject_other_keys(read, given, ['consent'] + (read.language.consent_keys.keys() | list), at) -%}
    {%- if purpose is not string or purpose not in purposes -%}
        {%- do read.errors.append(
            at ~ '.consent: ' ~ dbt_consent._shown(purpose) ~ ' is no purpose'
            ~ dbt_consent.did_you_mean(purpose, purposes.keys() | list) ~ '.'
        ) -%}
    {%- endif -%}
    {%- if not asked -%}
        {%- do read.errors.append(at ~ '.is: the list is empty; write at least one of ' ~ statuses | join(', ') ~ '.') -%}
    {%- endif -%}
    {%- for status in asked -%}
        {%- set place = at ~ '.is' ~ ('[' ~ loop.index0 ~ ']' if given.get('is') is not string else '') -%}
        {%- if status is not string or status not in statuses -%}
            {%- do read.errors.append(
                place ~ ': ' ~ dbt_consent._shown(status) ~ ' is no status'
                ~ dbt_consent.did_you_mean(status, statuses) ~ '; write ' ~ statuses | join(', ') ~ '.'
            ) -%}
        {%- elif status != 'permitted' and purpose is string and purpose in purposes and not purposes[purpose].channel -%}
            {%- do read.errors.append(
                place ~ ": the purpose '" ~ purpose ~ "' has no channel; only permitted may be asked."
            ) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- if read.errors | length == before and given.keys() | select('in', ['recorded', 'expires', 'from']) | list -%}
        {%- do dbt_consent._read_consent_dates(read, condition, purpose) -%}
    {%- elif read.errors | length == before -%}
        {%- do dbt_consent._compile_consent(read, condition, purpose, asked) -%}
    {%- endif -%}
{%- endmacro %}

{% macro _compile_consent(read, condition, purpose, asked) -%}
    {%- set tests = [] -%}
    {%- set facts = {} -%}
    {%- set others = asked | reject('equalto', 'permitted') | list -%}
    {%- if 'permitted' in asked -%}
        {%- set permitted = 'profiles.consent_' ~ purpose -%}
        {%- do tests.append(permitted) -%}
        {%- do facts.update({purpose ~ ' permitted': permitted}) -%}
    {%- endif -%}
    {%- if others -%}
        {%- set alias = dbt_consent._join(
            read, 'statuses', 'status of ' ~ purpose,
            'select profile_id, status\nfrom ' ~ read.relations.statuses
            ~ '\nwhere purpose = ' ~ dbt_consent.text_literal(purpose)
        ) -%}
        {%- set status = 'coalesce(' ~ alias ~ ".status, 'no_record')" -%}
        {%- do tests.append(status ~ ' in (' ~ dbt_consent.text_list(others) ~ ')') -%}
        {%- do facts.update({purpose ~ ' status': status}) -%}
    {%- endif -%}
    {%- do dbt_consent._set_leaf(
        condition, ['(' ~ tests | join(' or ') ~ ')'] if tests | length > 1 else tests, facts
    ) -%}
    {%- if condition.negated or others | reject('equalto', 'granted') | list -%}
        {%- do read.warnings.append(
            read.file ~ ': the rule can gain members through a denial: ' ~ condition.at
            ~ (': a negated consent condition.' if condition.negated
               else '.is: ' ~ others | reject('equalto', 'granted') | join(', ') ~ '.')
        ) -%}
    {%- endif -%}
{%- endmacro %}
