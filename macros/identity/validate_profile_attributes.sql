{#
    The errors of vars.profile_attributes and vars.unique_keys: a list of texts, each with
    the setting that is wrong; empty when all is well.
#}
{% macro validate_profile_attributes() -%}
    {%- set given = dbt_consent.setting('profile_attributes') -%}
    {%- set errors = [] -%}
    {%- for name, declaration in given.items() -%}
        {%- do errors.extend(dbt_consent._attribute_errors(name, declaration)) -%}
    {%- endfor -%}
    {%- if not errors -%}
        {%- do errors.extend(dbt_consent._attribute_group_errors(given)) -%}
    {%- endif -%}
    {{ return(errors + dbt_consent._unique_key_errors(given)) }}
{%- endmacro %}

{# Columns of the contracts that an attribute would collide with. #}
{% macro _reserved_columns() -%}
    {{ return([
        'source_name', 'source_record_id', 'updated_at', 'record_id', 'profile_id',
        'record_count', 'first_seen_at', 'key_type', 'key_value', 'customer_model',
    ]) }}
{%- endmacro %}

{% macro _attribute_errors(name, declaration) -%}
    {%- set at = 'profile_attributes.' ~ name -%}
    {%- set known = ['data_type', 'survivorship', 'sources', 'group'] -%}
    {%- set types = ['string', 'bigint', 'boolean', 'date', 'timestamp'] -%}
    {%- set policies = ['most_recent', 'source_priority', 'most_frequent', 'oldest'] -%}
    {%- set errors = [] -%}
    {%- if not dbt_consent.is_plain_name(name) -%}
        {%- do errors.append(at ~ ': no name; use lower-case letters, digits and _, a letter first.') -%}
    {%- elif name in dbt_consent.alternate_keys() -%}
        {%- do errors.append(at ~ ': an alternate key has this name.') -%}
    {%- elif name in dbt_consent._reserved_columns() or name.startswith('consent_') or name.startswith('raw_') -%}
        {%- do errors.append(at ~ ': the name is taken by a column of the contracts.') -%}
    {%- endif -%}
    {%- if declaration is not mapping -%}
        {{ return(errors + [at ~ ': must be a declaration, such as {data_type: string}.']) }}
    {%- endif -%}
    {%- for key in declaration if key not in known -%}
        {%- do errors.append(at ~ '.' ~ key ~ ': unknown key' ~ dbt_consent.did_you_mean(key, known) ~ '; known are ' ~ known | join(', ') ~ '.') -%}
    {%- endfor -%}

    {%- set data_type = declaration.get('data_type') -%}
    {%- if data_type is not string
        or (data_type not in types and not modules.re.match('^numeric\\([1-9][0-9]?, ?[0-9]{1,2}\\)$', data_type)) -%}
        {%- do errors.append(at ~ ".data_type: '" ~ data_type ~ "' is none of " ~ types | join(', ') ~ ', numeric(p, s).') -%}
    {%- endif -%}

    {%- set policy = declaration.get('survivorship', 'most_recent') -%}
    {%- set sources = declaration.get('sources') -%}
    {%- if policy is not string or policy not in policies -%}
        {%- do errors.append(at ~ ".survivorship: '" ~ policy ~ "' is none of " ~ policies | join(', ') ~ dbt_consent.did_you_mean(policy, policies) ~ '.') -%}
    {%- elif policy == 'source_priority' and (sources is string or sources is mapping or not sources) -%}
        {%- do errors.append(at ~ '.sources: source_priority needs the sources in order, such as [crm, webshop].') -%}
    {%- elif policy != 'source_priority' and sources is not none -%}
        {%- do errors.append(at ~ '.sources: only source_priority has sources.') -%}
    {%- elif sources -%}
        {%- set known_sources = dbt_consent.setting('customer_sources') -%}
        {%- for source in sources if source not in known_sources -%}
            {%- do errors.append(at ~ ".sources: '" ~ source ~ "' is no customer source" ~ dbt_consent.did_you_mean(source, known_sources) ~ ('; they are ' ~ known_sources | join(', ') ~ '.' if known_sources else '; vars: customer_sources: names none.')) -%}
        {%- endfor -%}
        {%- if sources | unique(case_sensitive=true) | list | length < sources | length -%}
            {%- do errors.append(at ~ '.sources: a source stands there twice.') -%}
        {%- endif -%}
    {%- endif -%}

    {%- set group = declaration.get('group') -%}
    {%- if group is not none and not dbt_consent.is_plain_name(group) -%}
        {%- do errors.append(at ~ ".group: '" ~ group ~ "' is no name; use lower-case letters, digits and _.") -%}
    {%- endif -%}
    {{ return(errors) }}
{%- endmacro %}

{# All members of a group come from one record, so that they have one policy. #}
{% macro _attribute_group_errors(given) -%}
    {%- set first = {} -%}
    {%- set errors = [] -%}
    {%- for name, declaration in given.items() if declaration.get('group') is not none -%}
        {%- set policy = [declaration.get('survivorship', 'most_recent'), declaration.get('sources', [])] -%}
        {%- set leader = first.setdefault(declaration.group, {'name': name, 'policy': policy}) -%}
        {%- if leader.policy != policy -%}
            {%- do errors.append(
                'profile_attributes.' ~ name ~ ".group: '" ~ declaration.group
                ~ "' comes from one record, so that its members need the same survivorship and sources; "
                ~ leader.name ~ ' has others.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}

{% macro _unique_key_errors(attributes) -%}
    {%- set unique_keys = dbt_consent.setting('unique_keys') -%}
    {%- if unique_keys is not mapping -%}
        {{ return(['unique_keys: must map a key or an attribute to cut or report, such as {loyalty_id: cut}.']) }}
    {%- endif -%}
    {%- set known = dbt_consent.alternate_keys() + (attributes.keys() | list) -%}
    {%- set errors = [] -%}
    {%- for name, handling in unique_keys.items() -%}
        {%- if name not in known -%}
            {%- do errors.append('unique_keys.' ~ name ~ ': no alternate key and no attribute' ~ dbt_consent.did_you_mean(name, known) ~ '.') -%}
        {%- endif -%}
        {%- if handling not in ['cut', 'report'] -%}
            {%- do errors.append('unique_keys.' ~ name ~ ": '" ~ handling ~ "' is neither cut nor report.") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}
