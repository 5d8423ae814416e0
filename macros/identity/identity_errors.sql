{#
    The errors of the settings that say who is who: keys with their conditions and limits,
    and merge reviews. A list of texts, each with the setting that is wrong; empty when all
    is well.
#}
{% macro identity_errors() -%}
    {%- set errors = dbt_consent._alternate_key_errors() -%}
    {%- if errors -%}
        {{ return(errors) }}
    {%- endif -%}
    {{ return(
        dbt_consent._record_limit_errors() + dbt_consent._merge_review_errors()
    ) }}
{%- endmacro %}

{% macro _alternate_key_errors() -%}
    {%- set given = dbt_consent.setting('alternate_keys') -%}
    {%- if given is string or given is mapping or not given -%}
        {{ return(['alternate_keys: must be a list of at least one name, such as [email, phone].']) }}
    {%- endif -%}
    {%- set errors = [] -%}
    {%- for entry in given if entry is mapping and entry | length != 1 -%}
        {%- do errors.append('alternate_keys: a key with a condition is written {phone: {only_with: [last_name]}}.') -%}
    {%- endfor -%}
    {%- if errors -%}
        {{ return(errors) }}
    {%- endif -%}
    {%- set names = dbt_consent.alternate_keys() -%}
    {%- for name in names if not dbt_consent.is_plain_name(name) -%}
        {%- do errors.append("alternate_keys: '" ~ name ~ "' is no name; use lower-case letters, digits and _.") -%}
    {%- endfor -%}
    {%- if names | unique | list | length < names | length -%}
        {%- do errors.append('alternate_keys: a key stands there twice.') -%}
    {%- endif -%}
    {%- for entry in given if entry is mapping -%}
        {%- for name, declaration in entry.items() -%}
            {%- do errors.extend(dbt_consent._condition_errors('alternate_keys.' ~ name, declaration)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}

{% macro _condition_errors(at, declaration) -%}
    {%- set attributes = dbt_consent.setting('profile_attributes') -%}
    {%- set known = attributes.keys() | list if attributes is mapping else [] -%}
    {%- if declaration is not mapping or 'only_with' not in declaration -%}
        {{ return([at ~ ': must say on what records must agree too, such as {only_with: [last_name]}.']) }}
    {%- endif -%}
    {%- set errors = [] -%}
    {%- for key in declaration if key != 'only_with' -%}
        {%- do errors.append(at ~ '.' ~ key ~ ': unknown key' ~ dbt_consent.did_you_mean(key, ['only_with']) ~ '; known is only_with.') -%}
    {%- endfor -%}
    {%- set names = declaration.only_with -%}
    {%- if names is string or names is mapping or names is not iterable or not names -%}
        {%- do errors.append(at ~ '.only_with: must be a list of attributes, such as [last_name].') -%}
    {%- else -%}
        {%- for name in names if name not in known -%}
            {%- do errors.append(
                at ~ ".only_with: '" ~ name ~ "' is no attribute of profile_attributes"
                ~ dbt_consent.did_you_mean(name, known) ~ '.'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(errors) }}
{%- endmacro %}

{% macro _record_limit_errors() -%}
    {%- set limit = dbt_consent.setting('max_records_per_key') -%}
    {%- set known = dbt_consent.alternate_keys() -%}
    {%- set errors = [] -%}
    {%- for name, most in (limit if limit is mapping else {'': limit}).items() -%}
        {%- set at = 'max_records_per_key' ~ ('.' ~ name if name else '') -%}
        {%- if name and name not in known -%}
            {%- do errors.append(at ~ ': no alternate key' ~ dbt_consent.did_you_mean(name, known) ~ '.') -%}
        {%- endif -%}
        {%- if most is not integer or most is boolean or most < 2 -%}
            {%- do errors.append(at ~ ": '" ~ most ~ "' is no whole number from 2 on.") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}

{% macro _merge_review_errors() -%}
    {%- set given = dbt_consent.setting('merge_reviews') -%}
    {%- set known = ['shared_by', 'size'] -%}
    {%- if given is not mapping -%}
        {{ return(['merge_reviews: must be a mapping, such as {shared_by: 10, size: 20}.']) }}
    {%- endif -%}
    {%- set errors = [] -%}
    {%- for key, value in given.items() -%}
        {%- if key not in known -%}
            {%- do errors.append(
                'merge_reviews.' ~ key ~ ': unknown key' ~ dbt_consent.did_you_mean(key, known)
                ~ '; known are ' ~ known | join(', ') ~ '.'
            ) -%}
        {%- elif value is not integer or value is boolean or value < 2 -%}
            {%- do errors.append('merge_reviews.' ~ key ~ ": '" ~ value ~ "' is no whole number from 2 on.") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}
